package hybrid

import (
	"slices"
	"testing"
)

func TestPlantedOrderIsFound(t *testing.T) {
	for _, verb := range []string{"/call", "/compute"} {
		order := servedOrder(t, Plant{NewestFirst: true}, verb)
		if want := []string{"/0", "/4", "/3", "/2", "/1"}; !slices.Equal(order, want) {
			t.Errorf("%s: served in the order %v, planted %v", verb, order, want)
		}
	}
}

func TestPlantedWorkerIsFound(t *testing.T) {
	if n := callsAtOnce(t, Plant{Blocking: 1}); n != 41 {
		t.Errorf("%d calls at once, planted 41", n)
	}
}

func TestPlantedLossOfAWakeUpIsFound(t *testing.T) {
	lost := make(chan func(), 1)
	p := Plant{Tell: func(back func()) {
		select {
		case lost <- back:
		default:
			back()
		}
	}}
	if n := takenUp(t, p, func() { (<-lost)() }); n != 0 {
		t.Errorf("%d went on, though its loop was not told", n)
	}
}
