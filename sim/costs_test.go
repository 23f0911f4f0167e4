package sim

import (
	"strings"
	"testing"
	"time"
)

func TestCostsSayWhatIsMissingOrWrong(t *testing.T) {
	file := string(defaultCosts)
	for _, c := range []struct{ change, to, says string }{
		{"switch: 4.93µs", "", "switch is missing"},
		{"switch: 4.93µs", "swich: 12us", "switch is missing"},
		{"switch: 4.93µs", "switch: 12us\nswitches: 1", "unknown field"},
		{"switch: 4.93µs", "switch: -1us", "negative"},
		{"speed: 1\n", "speed: 0\n", "write 1 for the CPU"},
		{"speed: 1\n", "speed: .inf\n", "write 1 for the CPU"}, // JSON has no such number: no record could be written
		{"thread: 68911", "thread: -5", "memory is negative"},
		{"switch: 4.93µs", "switch: soon", "costs"},
	} {
		if _, err := ParseCosts([]byte(strings.Replace(file, c.change, c.to, 1))); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v", c.to, err)
		}
	}
	if c := DefaultCosts(); c.Switch != 4930*time.Nanosecond || c.Quantum != 1400*time.Microsecond || c.Memory.Thread != 68_911 || c.Machine == "" {
		t.Errorf("%+v", c)
	}
}

func TestAConfigThatMakesNoSenseIsAnError(t *testing.T) {
	for says, change := range map[string]func(*Config){
		"write a share":        func(c *Config) { c.Compute = -1 },
		"no route":             func(c *Config) { c.Route = "nowhere" },
		"0 CPUs":               func(c *Config) { c.CPUs = 0 },
		"one of the two":       func(c *Config) { c.Clients = 3 },
		"give them a think":    func(c *Config) { c.Clients, c.Stages = 3, nil },
		"there is no workload": func(c *Config) { c.Workload = nil },
		"speed is 0":           func(c *Config) { c.Costs.Speed = 0 },
	} {
		r := simulate(t, "loop", waitsFor("await", "1ms"), 10, nil)
		c := r.config
		change(&c)
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}
