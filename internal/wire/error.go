package wire

import (
	"fmt"
	"net/http"
)

// An Error says why a message was refused. The connection it came on cannot
// be used further: where the next message starts is not known.
type Error struct {
	// Status is what a server answers before it closes the connection: 400,
	// or 413, 414, 431 for a limit, 501 for a transfer coding that is not
	// implemented or an endless method, 505 for another major version. In a
	// response it is what the same fault in a request would get; a gateway
	// answers 502 whatever it says (RFC 9112, 6.3).
	Status int
	Reason string
	Offset int // in the buffer given to the call that failed
}

// Error describes the fault and where in the buffer it was noticed.
func (e *Error) Error() string {
	return fmt.Sprintf("wire: %d %s: %s at byte %d", e.Status, http.StatusText(e.Status), e.Reason, e.Offset)
}

func bad(offset int, reason string) *Error {
	return &Error{Status: http.StatusBadRequest, Reason: reason, Offset: offset}
}
