# Every target is one or two readable scripts; a repetition costs only what has changed.
.PHONY: demo test bench build setup lint format clean

build: setup
	scripts/build release

setup:
	scripts/install-system
	scripts/install-python

demo: build
	scripts/demo

test:
	scripts/test

bench: build
	scripts/bench

lint: build
	scripts/lint --full

format:
	scripts/format

clean:
	rm -rf build build-* dist
