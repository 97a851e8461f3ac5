"""People and programs that use a production Leadflow over HTTP, from outside its proxy."""

import re
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter

from tests.torture.production import DOMAIN

PASSWORD = "correct horse battery"
URL = f"https://{DOMAIN}"


class Proxy(HTTPAdapter):
    """Take what is sent to the public address to the web process, and tell it what deploy/Caddyfile's proxy tells."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        asked, inner = urlsplit(request.url), request.copy()
        inner.url = asked._replace(scheme="http", netloc=f"127.0.0.1:{self.port}").geturl()
        told = {"Host": asked.netloc, "X-Forwarded-Proto": asked.scheme, "X-Forwarded-For": "203.0.113.7"}
        inner.headers.update(told)
        answer = super().send(inner, *args, **kwargs)
        answer.request, answer.url = request, request.url
        return answer


class Client(requests.Session):
    """Speak to one Leadflow; paths are enough. No answer may take longer than 20 seconds."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.trust_env = False
        for scheme in ("https", "http"):
            self.mount(f"{scheme}://{DOMAIN}", Proxy(port))

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        return super().request(method, urljoin(URL, url), **{"timeout": 20} | kwargs)


class Person(Client):
    """A browser without scripts: pages, forms, links."""

    def __init__(self, port: int, email: str) -> None:
        super().__init__(port)
        self.email = email

    def page(self, path: str) -> str:
        """Open a page that must be there, and lead nowhere else."""
        answer = self.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        assert urlsplit(answer.url).path == path, f"{path} leads to {answer.url}"
        return answer.text

    def submit(self, path: str, action: str = "", **fields: Any) -> requests.Response:
        """Fill in the form of a page that goes to `action` (the page itself if not given) and send it off.

        A form that comes back with errors fails.
        """
        wanted = [action] if action else ["", path]
        fitting = [form for form in forms(self.page(path)) if form["action"] in wanted]
        assert fitting, f"no form on {path} goes to {action or path}"
        answer = self.post(action or path, data=fitting[0]["hidden"] | fields, headers={"Origin": URL})
        assert answer.status_code == 200, f"{path}: {answer.status_code} {re.findall('field-error.*', answer.text)}"
        return answer

    def log_in(self) -> None:
        self.submit("/account/login/", login=self.email, password=PASSWORD)


class Program(Client):
    """A client of the API with a key."""

    def __init__(self, port: int, secret: str) -> None:
        super().__init__(port)
        self.headers["Authorization"] = f"Bearer {secret}"

    def call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.request(method, f"/api/v1/{path}", json=body)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()


def forms(page: str) -> list[dict[str, Any]]:
    """Return the POST forms of a page: where each goes, and its hidden fields."""
    found = []
    for attributes, content in re.findall(r'<form([^>]*method="post"[^>]*)>(.*?)</form>', page, re.DOTALL):
        inputs = [tag for tag in re.findall(r"<input[^>]*>", content) if 'type="hidden"' in tag]
        hidden = {_attribute(tag, "name"): _attribute(tag, "value") for tag in inputs}
        found.append({"action": _attribute(attributes, "action"), "hidden": hidden})
    return found


def _attribute(tag: str, name: str) -> str:
    value = re.search(rf'\s{name}="([^"]*)"', tag)
    return unescape(value[1]) if value else ""


def link(text: str, part: str) -> str:
    """Return the path of the link in a mail that holds `part`. It must lead to the public address."""
    found = re.search(rf"{re.escape(URL)}(\S*{part}\S*)", text)
    assert found, text
    return found[1]
