# Names that many projects have, for the commands that this one has. The commands are npm's; nothing is only here.
.DEFAULT_GOAL := help
.PHONY: help start send-image test unit-tests integration-tests test-image coverage build images run-api run-worker docs bench hooks

PORT ?= 3000
IMAGE ?= services/api/samples/photo.jpg
ARGS ?=
ENV_FILE ?= .env
# Rooms whose tests start no service of ours and no server.
UNITS := packages/(colour|contracts|imaging|picture|raster|runtime|safe-fetch|storage)/
SOURCE := node scripts/pnpm.mjs exec node --conditions=source --disable-warning=ExperimentalWarning --env-file-if-exists=$(ENV_FILE)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

start: ## everything on this machine: a private Redis, the API, workers
	npm start

send-image: ## upload a picture to what runs, and show the answer (IMAGE=photo.jpg PORT=3000)
	curl -sS 'http://localhost:$(PORT)/v1/thumbnails?wait=10' -F 'file=@$(IMAGE)'

test: ## lint, types and every test (a part: ARGS=packages/colour)
	npm test -- $(ARGS)

unit-tests: ## tests that start no service and no server
	npm test -- '$(UNITS)'

integration-tests: ## all other tests: Redis, services, the whole
	npm test -- --testPathIgnorePatterns '$(UNITS)'

test-image: ## the tests in a container (ARGS as for test)
	docker build --file Dockerfile.test --tag tintype-test .
	docker run --rm --init tintype-test $(ARGS)

coverage: ## the tests, and how much of each package they run (ARGS as for test)
	npm run coverage -- $(ARGS)

build: ## compile everything into dist folders
	npm run build

images: ## images of the API and the worker (ARGS='--tag ghcr.io/you/tintype:1.2.3 --push')
	npm run images -- $(ARGS)

run-api: ## the API alone, from its sources (REDIS_URL=redis://…)
	$(SOURCE) services/api/src/main.ts

run-worker: ## one worker alone, from its sources (REDIS_URL=redis://…)
	$(SOURCE) services/worker/src/main.ts

docs: ## make the generated pages anew
	npm run docs

bench: ## measure speed (ARGS='--suite backlog')
	npm run bench -- $(ARGS)

hooks: ## check format, lint and types before each commit
	npm run hooks
