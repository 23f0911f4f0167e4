package pgpool

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// The errors on which a caller may decide; they are wrapped together with
// their cause. What the server says about a statement is a *pgconn.PgError.
var (
	// ErrExhausted: all connections were in use until the context ended.
	// Nothing was sent.
	ErrExhausted = errors.New("all connections are in use")
	// ErrTooManyConnections: the server has max_connections already. Nothing
	// was sent.
	ErrTooManyConnections = errors.New("the server has no connection left; lower the size of its pools, or raise its max_connections")
	// ErrOutcomeUnknown: the connection was lost after something was sent on
	// it. Whether the server has executed that is not known.
	ErrOutcomeUnknown = errors.New("connection lost after the query was sent, which may have been executed")
	// ErrClosed: the pool was closed.
	ErrClosed = errors.New("the pool is closed")
)

// tooManyConnections is the SQLSTATE of a server that has as many as it may
// have (PostgreSQL's manual, appendix A).
const tooManyConnections = "53300"

func connectError(err error) error {
	var server *pgconn.PgError
	if errors.As(err, &server) && server.Code == tooManyConnections {
		return fmt.Errorf("connect: %w: %w", ErrTooManyConnections, err)
	}
	return fmt.Errorf("connect: %w", err)
}

// fatal reports whether the server ends the session with that error: it shuts
// down, or was told to.
func fatal(err *pgconn.PgError) bool {
	severity := err.SeverityUnlocalized
	if severity == "" { // before PostgreSQL 9.6
		severity = err.Severity
	}
	return severity == "FATAL" || severity == "PANIC"
}

// explain names what became of the connection while a use of it ended with
// err.
func (c *conn) explain(err error) error {
	switch {
	case err == nil || !c.lost:
		return err
	case c.sent:
		return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
	}
	return fmt.Errorf("connection lost before anything was sent: %w", err)
}
