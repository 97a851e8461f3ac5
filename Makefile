# Short names for what bin/ does.
.PHONY: run test check lock format

run:
	bin/run

test:
	bin/test

check:
	bin/check

format:
	.venv/bin/ruff check --fix --quiet --exit-zero .
	.venv/bin/ruff format --quiet .
	find templates -name "*.html" -print0 | xargs -0 .venv/bin/djade --target-version 5.2 || true
	.venv/bin/djangofmt check --fix --quiet templates
	.venv/bin/djangofmt --quiet templates
	.venv/bin/oxlint --fix --quiet static/js
	.venv/bin/oxfmt static/css static/js

# Lock the newest versions that fit, with hashes and without the address of any package index. Needs uv.
lock:
	UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile --quiet --upgrade --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url requirements.in --output-file requirements.txt
	UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile --quiet --upgrade --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --constraints requirements.txt requirements-dev.in \
		--output-file requirements-dev.txt
