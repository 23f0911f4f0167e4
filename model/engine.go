package model

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An EngineConfig is an engine's name with the options it was given; every
// option that was not given has its default. The zero value is not usable:
// take one from [ParseEngine]. Its text form needs no quoting in a shell:
//
//	thread    thread:max=500,spare=50    goroutine:http=net
type EngineConfig struct {
	Engine string
	given  map[string]string // canonical values that are not the defaults; never nil
}

// An OptionKind is the type of an engine option's value.
type OptionKind uint8

// The kinds of engine options.
const (
	IntOption      OptionKind = iota // a whole number in [Min, Max]
	LimitOption                      // a whole number in [Min, Max], or Word
	DurationOption                   // 250ms, 20s
	EnumOption                       // one of Enum
)

// Unbounded is what [EngineConfig.Int] returns for a limit that is a word:
// "unbounded", or what else its option has in place of a number.
const Unbounded = -1

// word is what a limit may be instead of a number.
func (o *Option) word() string {
	if o.Word != "" {
		return o.Word
	}
	return "unbounded"
}

// An Option describes one option of an engine.
type Option struct {
	Name     string
	Kind     OptionKind
	Default  string
	Min, Max int
	Real     int // the most that runs on one machine, and not only in a simulation; 0: Max
	Enum     []string
	Word     string // of a LimitOption, in place of a number; empty: "unbounded"
	Shown    bool   // part of the name even where it has its default
	Help     string
}

// An EngineSpec describes an engine: the system it stands for and its options.
type EngineSpec struct {
	Name    string
	Help    string
	Options []Option
}

// SpecOf returns the description of an engine, or nil.
func SpecOf(engine string) *EngineSpec {
	for i := range Engines {
		if Engines[i].Name == engine {
			return &Engines[i]
		}
	}
	return nil
}

func (s *EngineSpec) option(name string) *Option {
	for i := range s.Options {
		if s.Options[i].Name == name {
			return &s.Options[i]
		}
	}
	return nil
}

// ParseEngine reads an engine's text form. Its errors name what is wrong and
// what may stand there instead.
func ParseEngine(text string) (EngineConfig, error) {
	name, rest, colon := strings.Cut(strings.TrimSpace(text), ":")
	spec := SpecOf(name)
	if spec == nil {
		return EngineConfig{}, fmt.Errorf("engine %q: no engine is called %q%s; there are %s", text, name, didYouMean(name, engineNames()), strings.Join(engineNames(), ", "))
	}
	cfg := EngineConfig{Engine: name, given: map[string]string{}}
	if colon && rest == "" {
		return EngineConfig{}, fmt.Errorf("engine %q: nothing follows the colon; write %q or %q", text, name, name+":"+spec.Options[0].Name+"="+spec.Options[0].Default)
	}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(rest, ",") {
		if rest == "" {
			break
		}
		key, value, ok := strings.Cut(part, "=")
		opt := spec.option(key)
		switch {
		case opt == nil:
			return EngineConfig{}, fmt.Errorf("engine %q: %s has no option %q%s; it has %s", text, name, key, didYouMean(key, spec.optionNames()), strings.Join(spec.optionNames(), ", "))
		case !ok || value == "":
			return EngineConfig{}, fmt.Errorf("engine %q: option %s has no value; write %s=%s", text, key, key, opt.Default)
		case seen[key]:
			return EngineConfig{}, fmt.Errorf("engine %q: option %s is given twice", text, key)
		}
		seen[key] = true
		if err := cfg.set(opt, value); err != nil {
			return EngineConfig{}, fmt.Errorf("engine %q: option %s: %w", text, key, err)
		}
	}
	if err := cfg.check(text); err != nil {
		return EngineConfig{}, err
	}
	return cfg, nil
}

// set stores a value. A default is not stored, so that configurations that mean
// the same are equal.
func (c EngineConfig) set(o *Option, value string) error {
	canonical, err := o.canonical(value)
	if err != nil {
		return err
	}
	if canonical == canonicalDefault(*o) {
		delete(c.given, o.Name)
	} else {
		c.given[o.Name] = canonical
	}
	return nil
}

// check holds the rules between options.
func (c EngineConfig) check(text string) error {
	for _, pair := range [...][2]string{{"spare", "max"}, {"executor", "executor-max"}, {"blocking", "blocking-max"}} {
		least, most := pair[0], pair[1]
		if !c.Has(least) || !c.Has(most) || c.Int(most) == Unbounded {
			continue
		}
		if n := c.Int(most); c.Int(least) > n {
			return fmt.Errorf("engine %q: %s=%d is more than %s=%d; write %s=%d or less", text, least, c.Int(least), most, n, least, n)
		}
	}
	return nil
}

// Runnable returns nil if the engine can run for real. There are larger ones, for
// simulations of machines that are not here.
func (c EngineConfig) Runnable() error {
	for _, o := range SpecOf(c.Engine).Options {
		if o.Real > 0 && c.Int(o.Name) > o.Real {
			return fmt.Errorf("engine %q: %s=%d is for simulations; for real write %s=%d or less", c, o.Name, c.Int(o.Name), o.Name, o.Real)
		}
	}
	return nil
}

// byDefault returns what an option is where it was not given.
func (c EngineConfig) byDefault(o *Option) string {
	v := canonicalDefault(*o)
	switch o.Name {
	case "spare": // a pool smaller than the default spare is all spare
		if spare, err := strconv.Atoi(v); err == nil && c.Int("max") < spare {
			return c.Text("max")
		}
	case "blocking-max": // a larger core is a larger pool
		if most, err := strconv.Atoi(v); err == nil && c.Int("blocking") > most {
			return c.Text("blocking")
		}
	}
	return v
}

func (o *Option) canonical(value string) (string, error) {
	switch o.Kind {
	case LimitOption, IntOption:
		if o.Kind == LimitOption && value == o.word() {
			return value, nil
		}
		n, err := strconv.Atoi(value)
		if err != nil || n < o.Min || n > o.Max {
			or := ""
			if o.Kind == LimitOption {
				or = fmt.Sprintf(", or %q", o.word())
			}
			return "", fmt.Errorf("%q is not a whole number from %d to %d%s", value, o.Min, o.Max, or)
		}
		return strconv.Itoa(n), nil
	case DurationOption:
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return "", fmt.Errorf("%q is not a time above zero; write one like %s", value, o.Default)
		}
		return shortDuration(d), nil
	default:
		if !slices.Contains(o.Enum, value) {
			return "", fmt.Errorf("%q is none of %s", value, strings.Join(o.Enum, ", "))
		}
		return value, nil
	}
}

func (c EngineConfig) value(name string) (*Option, string) {
	spec := SpecOf(c.Engine)
	if spec == nil {
		panic("model: engine config of no engine")
	}
	opt := spec.option(name)
	if opt == nil {
		panic("model: engine " + c.Engine + " has no option " + name)
	}
	if v, ok := c.given[name]; ok {
		return opt, v
	}
	return opt, c.byDefault(opt)
}

// Int returns a whole-number option; [Unbounded] stands for a word. It panics
// if the engine has no such option.
func (c EngineConfig) Int(name string) int {
	o, v := c.value(name)
	if o.Kind == LimitOption && v == o.word() {
		return Unbounded
	}
	n, _ := strconv.Atoi(v)
	return n
}

// Duration returns an option that is a time.
func (c EngineConfig) Duration(name string) time.Duration {
	_, v := c.value(name)
	d, _ := time.ParseDuration(v)
	return d
}

// Text returns an option's value as it stands in the text form.
func (c EngineConfig) Text(name string) string {
	_, v := c.value(name)
	return v
}

// Has reports whether the engine has an option of that name.
func (c EngineConfig) Has(name string) bool {
	spec := SpecOf(c.Engine)
	return spec != nil && spec.option(name) != nil
}

// With returns the configuration with one option changed, or the unchanged one
// and an error that says what may stand there. A pool whose core and maximum are
// the same stays one: past the other, each takes it along. With panics if the
// engine has no such option.
func (c EngineConfig) With(name, value string) (EngineConfig, error) {
	opt, _ := c.value(name)
	n := EngineConfig{Engine: c.Engine, given: maps.Clone(c.given)}
	if err := n.set(opt, value); err != nil {
		return c, fmt.Errorf("engine %q: option %s: %w", c, name, err)
	}
	if err := cmp.Or(n.follow(name, c), n.check(n.String())); err != nil {
		return c, err
	}
	return n, nil
}

// follow has one end of a pool that was of a fixed size go where the other went.
func (c EngineConfig) follow(changed string, was EngineConfig) error {
	for _, pair := range [...][2]string{{"executor", "executor-max"}, {"blocking", "blocking-max"}} {
		least, most := pair[0], pair[1]
		if !c.Has(least) || was.Int(least) != was.Int(most) || c.Int(most) == Unbounded || c.Int(least) <= c.Int(most) {
			continue
		}
		other := least
		if changed == least {
			other = most
		}
		o, _ := c.value(other)
		return c.set(o, c.Text(changed))
	}
	return nil
}

// Options returns every option with its value in force: an int, -1 for
// unbounded, or a string.
func (c EngineConfig) Options() map[string]any {
	m := map[string]any{}
	for _, o := range SpecOf(c.Engine).Options {
		if o.Kind == IntOption || o.Kind == LimitOption {
			m[o.Name] = c.Int(o.Name)
		} else {
			m[o.Name] = c.Text(o.Name)
		}
	}
	return m
}

// String returns the shortest text form that shows what matters: the options
// that differ from their defaults, and those that name the engine's size.
func (c EngineConfig) String() string {
	spec := SpecOf(c.Engine)
	if spec == nil {
		return c.Engine
	}
	var b strings.Builder
	b.WriteString(c.Engine)
	sep := byte(':')
	for _, o := range spec.Options {
		_, v := c.value(o.Name)
		if _, given := c.given[o.Name]; !o.Shown && !given {
			continue
		}
		b.WriteByte(sep)
		b.WriteString(o.Name + "=" + v)
		sep = ','
	}
	return b.String()
}

// shortDuration writes 1m and not 1m0s.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func canonicalDefault(o Option) string {
	v, err := o.canonical(o.Default)
	if err != nil {
		panic(fmt.Sprintf("model: default of option %s: %v", o.Name, err))
	}
	return v
}

// MarshalText returns the text form.
func (c EngineConfig) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads the text form.
func (c *EngineConfig) UnmarshalText(b []byte) error {
	cfg, err := ParseEngine(string(b))
	if err == nil {
		*c = cfg
	}
	return err
}

func engineNames() []string {
	var names []string
	for _, s := range Engines {
		names = append(names, s.Name)
	}
	return names
}

func (s *EngineSpec) optionNames() []string {
	var names []string
	for _, o := range s.Options {
		names = append(names, o.Name)
	}
	return names
}
