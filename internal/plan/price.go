package plan

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Price is what an instance costs for an hour, or a GiB of resident memory, in
// some currency.
type Price struct {
	Amount float64 `json:"amount"`
	Per    string  `json:"per"` // "instance" or "GiB"
}

// ParsePrice reads "0.17", "0.17/instance" or "0.004/GiB".
func ParsePrice(text string) (*Price, error) {
	amount, per, ok := strings.Cut(text, "/")
	if !ok {
		per = "instance"
	}
	x, err := strconv.ParseFloat(amount, 64)
	switch {
	case err != nil || x < 0 || math.IsInf(x, 0) || math.IsNaN(x):
		return nil, fmt.Errorf("price %q: %q is no amount; write what an instance costs for an hour, as 0.17, or a GiB, as 0.004/GiB", text, amount)
	case strings.EqualFold(per, "gib"):
		per = "GiB"
	case per != "instance":
		return nil, fmt.Errorf("price %q: a price is for an hour of an instance or of a GiB; write %s/instance or %s/GiB", text, amount, amount)
	}
	return &Price{x, per}, nil
}

// of is what so many instances cost for an hour; nil without a price.
func (p *Price) of(instances int, memory int64) *float64 {
	if p == nil {
		return nil
	}
	cost := p.Amount * float64(instances)
	if p.Per == "GiB" {
		cost = p.Amount * float64(memory) / (1 << 30)
	}
	return &cost
}
