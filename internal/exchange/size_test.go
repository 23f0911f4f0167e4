package exchange

import (
	"testing"
	"unsafe"
)

// The allocator rounds up to 640 bytes, 8 of them its own, and then to 704.
func TestAnExchangeFillsItsSizeClass(t *testing.T) {
	if n := unsafe.Sizeof(exchange{}); n > 632 {
		t.Errorf("%d bytes, want 632 at most", n)
	}
}
