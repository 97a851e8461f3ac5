"""Know the domains at which anybody gets an address: such an address says nothing about a company."""

_LIST = """
    163.com 126.com aim.com alice.it aol.com arcor.de att.net bellsouth.net bigpond.com bluewin.ch bol.com.br
    btinternet.com centrum.cz charter.net comcast.net cox.net duck.com earthlink.net email.cz email.com fastmail.com
    fastmail.fm foxmail.com free.fr freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com
    hey.com hotmail.co.uk hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it hushmail.com icloud.com ig.com.br
    inbox.com inbox.ru interia.pl juno.com laposte.net libero.it list.ru live.co.uk live.com live.de live.fr live.nl
    mac.com mail.com mail.de mail.ru mailbox.org me.com msn.com naver.com neuf.fr ntlworld.com o2.pl onet.pl
    online.de optonline.net optusnet.com.au orange.fr outlook.com outlook.de outlook.es outlook.fr pm.me posteo.de
    proton.me protonmail.ch protonmail.com qq.com rambler.ru rediffmail.com rocketmail.com sbcglobal.net seznam.cz
    sfr.fr sina.com sky.com skynet.be sympatico.ca t-online.de talktalk.net telenet.be terra.com.br tin.it tiscali.it
    tuta.com tutanota.com uol.com.br verizon.net virgilio.it virginmedia.com wanadoo.fr web.de wp.pl yahoo.ca
    yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.br yahoo.de yahoo.es yahoo.fr yahoo.it yandex.com
    yandex.ru ymail.com zoho.com zohomail.com
"""
_DOMAINS = frozenset(_LIST.split())


def is_free(domain: str) -> bool:
    """Return whether a domain (in any case) gives addresses to anybody."""
    return domain.lower() in _DOMAINS


def domain_of(email: str) -> str:
    """Return the part after the @ in lower case, or nothing."""
    return email.rpartition("@")[2].lower() if "@" in email else ""


def company_domain(email: str) -> str:
    """Return the domain of an address when it says which company the person is at, else nothing."""
    domain = domain_of(email)
    return "" if is_free(domain) else domain
