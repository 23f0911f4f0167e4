# make test is everything that CI runs: set-up, lint, build, tests.

GO ?= go
# A server's threads must not have the 8 MB stacks that cgo would give them.
export CGO_ENABLED = 0
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
PLATFORMS = linux/arm64 darwin/arm64 windows/amd64 # beside this one, which vet builds
UNOPTIMISED = -gcflags='all=-N -l'

.PHONY: build test setup lint unit bench soak test-peers test-engines test-predictions clean

build:
	$(GO) build -trimpath -o bin/plimsoll ./cmd/plimsoll

test: setup lint build unit

# What the tests need beside Go: wrk as a peer, PostgreSQL, gcc for the race
# detector, Chromium to look at the HTML report.
setup:
	sh scripts/setup

# What only has to compile is not optimised, which takes a third off a cold build;
# the rest is built as `build` builds it, so that nothing is compiled twice.
lint: export GOFLAGS = -trimpath
lint:
	@test -z "$$(gofmt -l .)" || { echo "not gofmt'd:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	@for p in $(PLATFORMS); do echo "build for $$p"; GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) build $(UNOPTIMISED) ./... || exit 1; done

unit:
	sh scripts/unit

# Figures beside their peers, each printed with its ratio. Takes minutes and
# wants a quiet machine.
bench: build
	sh scripts/bench

# What takes too long for every change, then the same tests again and again, to
# find what fails rarely.
soak:
	PLIMSOLL_SOAK=1 CGO_ENABLED=1 $(GO) test -race -count=1 -timeout 30m -run 'Walls|Circle' ./internal/lab
	PLIMSOLL_SOAK=1 $(GO) test -count=1 -timeout 30m -run Crowds ./internal/engines
	PLIMSOLL_SOAK=1 $(GO) test -count=1 -timeout 4h ./internal/agreement
	PLIMSOLL_SOAK=1 $(GO) test -count=1 -timeout 1h -run Theory ./sim
	PLIMSOLL_SOAK=1 $(GO) test -count=1 -timeout 1h -v -run 'Zoo|Random' ./probe
	$(GO) test -count=20 -timeout 1h -run 'Calibration|Predictions' ./internal/lab
	CGO_ENABLED=1 $(GO) test -race -count=20 -timeout 4h ./...

# More than a hundred real third-party servers with known walls: first that each wall is
# what it is said to be, then what the probe says of it. An hour and a quarter.
# SEED=7 draws the sizes of an earlier run again.
SEED ?= $(shell date +%s)
test-peers: build
	sh scripts/setup-peers
	PLIMSOLL_PEERS=. PLIMSOLL_SEED=$(SEED) $(GO) test -count=1 -timeout 1h -v -run Truth ./internal/peers
	$(GO) run ./internal/peers/judge -seed $(SEED) -keep bin/peers -document docs/accuracy.md bin/plimsoll probe

# The same for our own engines, with a wall each in every configuration that has
# one. Half an hour, and wants a quiet machine; a run that was interrupted goes on
# with the same SEED.
test-engines:
	mkdir -p bin/engines-$(SEED)
	PLIMSOLL_SOAK=1 PLIMSOLL_SEED=$(SEED) $(GO) test -count=1 -timeout 2h -v -run Probe ./internal/agreement -update -keep $(CURDIR)/bin/engines-$(SEED)

# How far simulated load lines are from measured ones, into docs/accuracy.md. A
# quarter of an hour, and wants a quiet machine.
PREDICTED = black-friday document-qa internal/forecast/judge/io-bound.yaml
test-predictions: build
	mkdir -p bin/predictions
	for w in $(PREDICTED); do \
		bin/plimsoll compare $$w --predict --record bin/predictions/$$(basename $$w .yaml).jsonl || test $$? -eq 3 || exit 1; \
	done
	$(GO) run ./internal/forecast/judge -document docs/accuracy.md bin/predictions/*.jsonl

clean:
	rm -rf bin
