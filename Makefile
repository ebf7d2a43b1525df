# make run | check | bench | fuzz | install: each installs what is missing, builds, and goes.
#
# BUILD   where the product is built (build/)
# PREFIX  where install puts it (/usr/local)

BUILD  ?= build
PREFIX ?= /usr/local
CONFIG ?=

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

run: all
	$(BUILD)/src/daemon/penstockd $(if $(CONFIG),--config $(CONFIG))

# Everything, built by both compilers under AddressSanitizer and UBSan, then
# what needs a plain build.
check: packages
	test/check.sh

bench: packages
	test/bench/run.sh

# Ten minutes of each fuzz target (FUZZ_SECONDS), with libFuzzer.
fuzz: packages
	test/fuzz.sh

install: all
	meson install -C $(BUILD) --no-rebuild

$(BUILD)/build.ninja: | build-packages
	meson setup $(BUILD) --prefix $(PREFIX) -Dpeers=false

build-packages:
	@./packages.sh build

packages:
	@./packages.sh all

format:
	git ls-files '*.[ch]' | xargs clang-format -i

clean:
	rm -rf build build-*

.PHONY: all run check bench fuzz install build-packages packages format clean
