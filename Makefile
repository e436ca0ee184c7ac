# Every target is one or two readable scripts; a repetition costs only what has changed.
.PHONY: demo test sanitize wheel bench build setup lint format clean

build: setup
	scripts/build release

setup:
	scripts/install-system
	scripts/install-python

demo: build
	scripts/demo

test:
	scripts/test

# The unit tests under every sanitizer; `make test` leaves out the one for threads, of which there are few.
sanitize: setup
	scripts/build sanitize portwright_unit_tests
	build-sanitize/portwright_unit_tests
	scripts/build thread portwright_unit_tests
	build-thread/portwright_unit_tests

wheel: setup
	scripts/test-wheel

bench: build
	scripts/bench

lint: build
	scripts/lint --full

format:
	scripts/format

clean:
	rm -rf build build-* dist
