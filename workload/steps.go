package workload

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/plimsoll-dev/plimsoll/model"
)

const (
	maxSteps = 1000 // in a document; more than anyone can read, and it bounds Demand
	maxDepth = 32   // steps inside steps

	// pTolerance is how far a choice's probabilities may add up beside 1, for
	// thirds written as 33.33%.
	pTolerance = 2e-4
)

const stepExample = "write a step like {await: payment} or {compute: 150us}"

var verbs = []string{"await", "call", "compute", "block", "hold", "parallel", "choice"}

// A stepReader reads the steps of routes.
type stepReader struct {
	*decoder
	w     *model.Workload
	used  map[string]bool // "upstream NAME", "resource NAME"
	held  []string        // resources that the step at hand runs inside
	order *lockOrder
	steps int
	depth int
}

// read reads a list of steps. Where empty is false, there must be one.
func (r *stepReader) read(n ast.Node, what string, empty bool) []model.Step {
	items := r.list(n, what, "write a list of steps, like [{await: payment}, {compute: 150us}]")
	if len(items) == 0 && !empty {
		r.fail(n, stepExample, "%s: the list is empty", what)
	}
	if r.depth++; r.depth > maxDepth {
		r.fail(n, "make the request flatter", "steps are nested more than %d deep", maxDepth)
	}
	defer func() { r.depth-- }()
	var steps []model.Step
	for _, item := range items {
		if r.steps++; r.steps > maxSteps {
			r.fail(item, "describe what matters for the load", "the document has more than %d steps", maxSteps)
		}
		steps = append(steps, r.step(item))
	}
	return steps
}

// step reads one step: a mapping with one verb.
func (r *stepReader) step(n ast.Node) model.Step {
	if s, ok := scalar(n); ok {
		hint := stepExample
		if verb, rest, ok := strings.Cut(strings.TrimSpace(s), " "); ok && slices.Contains(verbs, verb) {
			hint = "write " + verb + ": " + shorten(printable(rest))
		}
		r.fail(n, hint, "a step is %s, without a verb", describe(n))
	}
	var verb entry
	for _, e := range r.entries(n, "a step", stepExample) {
		if !slices.Contains(verbs, e.name) {
			continue
		}
		if verb.key != nil {
			r.fail(e.key, "write two steps, each with its own dash", "a step has two verbs, %s and %s", verb.name, e.name)
		}
		verb = e
	}
	if verb.key == nil {
		known := append(slices.Clone(verbs), "op", "steps")
		for _, e := range r.entries(n, "a step", stepExample) {
			if !slices.Contains(known, e.name) {
				r.unknownKey(e, "a step", known)
			}
		}
		r.fail(n, stepExample, "a step has no verb; the verbs are %s", strings.Join(verbs, ", "))
	}
	switch verb.name {
	case "await":
		return r.wait(n, model.Await, verb)
	case "call":
		return r.wait(n, model.Call, verb)
	case "compute":
		return r.spend(n, model.Compute, verb)
	case "block":
		return r.spend(n, model.Block, verb)
	case "hold":
		return r.hold(n)
	case "parallel":
		return r.parallel(n)
	default:
		return r.choice(n)
	}
}

// wait reads an await or a call.
func (r *stepReader) wait(n ast.Node, v model.Verb, verb entry) model.Step {
	f := r.fields(n, "this "+verb.name, stepExample, verb.name, "op")
	up := r.resolve(f.get(verb.name), "upstream")
	return model.Step{Verb: v, Upstream: up, Op: r.op(f, up)}
}

// spend reads a compute or a block.
func (r *stepReader) spend(n ast.Node, v model.Verb, verb entry) model.Step {
	f := r.fields(n, "this "+verb.name, stepExample, verb.name, "op")
	return model.Step{Verb: v, Time: r.dist(f.get(verb.name), "the time of this "+verb.name), Op: r.op(f, verb.name)}
}

// op reads the name of a step in reports.
func (r *stepReader) op(f fields, otherwise string) string {
	if n := f.get("op"); n != nil {
		return r.name(n, "op")
	}
	return otherwise
}

// hold reads a hold. To take one of a resource while holding one is refused:
// as soon as as many requests as there are of it hold one each, all of them
// wait for ever.
func (r *stepReader) hold(n ast.Node) model.Step {
	f := r.fields(n, "this hold", stepExample, "hold", "steps")
	node := f.get("hold")
	res := r.resolve(node, "resource")
	if slices.Contains(r.held, res) {
		r.fail(node, "hold it once, around all the steps that need it", "%s is held already where this hold takes another one: requests that hold one each would wait for each other for ever", res)
	}
	for _, outer := range r.held {
		r.order.add(outer, res, node)
	}
	steps := f.need("steps", "the steps that run while it is held")
	r.held = append(r.held, res)
	inner := r.read(steps, "steps of this hold", false)
	r.held = r.held[:len(r.held)-1]
	return model.Step{Verb: model.Hold, Resource: res, Op: res, Steps: inner}
}

// parallel reads branches that run at the same time.
func (r *stepReader) parallel(n ast.Node) model.Step {
	const example = "write a list of lists of steps: [[{await: a}], [{await: b}, {compute: 1ms}]]"
	f := r.fields(n, "this parallel", example, "parallel", "op")
	node := f.get("parallel")
	items := r.list(node, "parallel", example)
	if len(items) < 2 {
		r.fail(node, example, "parallel needs two branches or more, and has %d", len(items))
	}
	s := model.Step{Verb: model.Parallel, Op: r.op(f, "parallel")}
	for _, item := range items {
		if _, ok := item.(*ast.SequenceNode); !ok {
			r.fail(item, example, "a branch of parallel is %s, not a list of steps", describe(item))
		}
		s.Branches = append(s.Branches, model.Branch{Steps: r.read(item, "a branch of parallel", false)})
	}
	return s
}

// choice reads branches of which one runs.
func (r *stepReader) choice(n ast.Node) model.Step {
	const example = "write branches like {p: 90%, steps: [...]}"
	f := r.fields(n, "this choice", example, "choice")
	node := f.get("choice")
	items := r.list(node, "choice", example)
	if len(items) < 2 {
		r.fail(node, example, "choice needs two branches or more, and has %d", len(items))
	}
	s := model.Step{Verb: model.Choice, Op: "choice"}
	sum := 0.0
	for _, item := range items {
		b := r.fields(item, "a branch of choice", example, "p", "steps")
		pn := b.need("p", "its probability, like p: 90%")
		p := r.share(pn, "p")
		if p == 0 {
			r.fail(pn, "remove the branch", "p is zero: this branch never runs")
		}
		sum += p
		s.Branches = append(s.Branches, model.Branch{P: p, Steps: r.read(b.need("steps", "steps: [] for a branch that does nothing"), "steps of this branch", true)})
	}
	if math.Abs(sum-1) > pTolerance {
		hint := "change one of them"
		last := s.Branches[len(s.Branches)-1].P
		if rest := last + 1 - sum; rest > 0 {
			hint = fmt.Sprintf("for example, make the last one %.4g", rest)
		}
		r.fail(node, hint, "the probabilities of this choice add up to %.4g, not to 1", sum)
	}
	return s
}

// resolve returns the name of a defined upstream or resource.
func (r *stepReader) resolve(n ast.Node, kind string) string {
	name := r.name(n, "the "+kind)
	known, others := r.upstreams(), r.resources()
	define, elsewhere := "upstreams: {%s: {latency: 5ms}}", "%s is a resource; write hold: %[1]s"
	if kind == "resource" {
		known, others = others, known
		define, elsewhere = "resources: {%s: {size: 10}}", "%s is an upstream; write await: %[1]s"
	}
	if slices.Contains(known, name) {
		r.used[kind+" "+name] = true
		return name
	}
	hint := "define it: " + fmt.Sprintf(define, name)
	if best := model.Closest(name, known); best != "" {
		hint = fmt.Sprintf("did you mean %q? Otherwise %s", best, hint)
	}
	if slices.Contains(others, name) {
		hint = fmt.Sprintf(elsewhere, name)
	}
	r.fail(n, hint, "no %s is called %q", kind, name)
	return ""
}

func (r *stepReader) upstreams() (names []string) {
	for _, u := range r.w.Upstreams {
		names = append(names, u.Name)
	}
	return names
}

func (r *stepReader) resources() (names []string) {
	for _, res := range r.w.Resources {
		names = append(names, res.Name)
	}
	return names
}
