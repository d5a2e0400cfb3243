# Everything starts here: a fresh machine needs git, make and Python >= 3.11, no root.
# PYTHON=... names another Python, PORT=... another port for the demo.
.DEFAULT_GOAL := help
.PHONY: help setup demo demo-reset manage test check bench drill faults lock fmt screenshots

PY := .venv/bin/python

help:            ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST)

setup:           ## .venv with the hash-locked packages (all targets do it; later runs take no time)
	@python=$$(sh tools/find_python.sh) && "$$python" tools/setup.py && $(PY) -m tools.compile_messages

demo: setup      ## all of Smartsvar on this machine: web, worker, beat, mail; Ctrl-C ends it
	@$(PY) -m smartsvar.demo.run

demo-reset: setup ## throw the demo's data away
	@$(PY) -m smartsvar.demo.reset

manage: setup    ## manage.py beside the demo: make manage ARGS="purge --dry-run"
	@$(PY) -m smartsvar.demo.manage $(ARGS)

test: setup      ## the whole suite, on SQLite with disk and on PostgreSQL with S3
	@$(PY) -m tools.test $(ARGS)

check: setup     ## format, lint, types, imports, Django's checks, translations, compose file
	@$(PY) -m tools.check

bench: setup     ## speed and memory, beside the floor measured in the same run
	@$(PY) -m tests.services --stack postgres --durable -- $(PY) -m bench $(ARGS)

drill: setup     ## backups restored in every bad way, on both stacks; STACK=sqlite for one
	@for stack in $${STACK:-sqlite postgres}; do \
	    $(PY) -m tests.services --stack $$stack -- $(PY) -m drill restore $(ARGS) || exit 1; done

faults: setup    ## kill -9, mutations, planted strings: the long runs, on both stacks
	@for stack in $${STACK:-sqlite postgres}; do \
	    $(PY) -m tests.services --stack $$stack -- $(PY) -m drill faults $(ARGS) || exit 1; done

lock: setup      ## recompile requirements/*.in; UPGRADE=1 takes newer versions
	@$(PY) -m tools.lock

fmt: setup       ## format the code
	@$(PY) -m ruff check --fix-only --quiet . && $(PY) -m ruff format .

screenshots: setup ## pictures of every page, taken from a demo of their own
	@$(PY) -m tools.screenshots
