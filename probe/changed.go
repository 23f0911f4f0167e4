package probe

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/plimsoll-dev/plimsoll/record"
)

// changed says what a service answered with that had done the work when it was
// first asked, and then sent everybody elsewhere; "": it did not. A refusal of
// too much is something else: there is always room for one.
func (h *History) changed() string {
	for i := range h.Experiments {
		o := &h.Experiments[i]
		for _, route := range []struct {
			name string
			rows []record.Request
		}{{"--heavy", o.Heavy}, {"--canary", o.Canaries}} {
			if code := allSentAway(route.rows); code != 0 && o.Disturbed == "" {
				return fmt.Sprintf("from experiment %d on, %s was answered with %d %s", o.ID, route.name, code, http.StatusText(code))
			}
		}
	}
	return ""
}

// allSentAway is the status with which all requests were told to go somewhere
// else, or to say who they are; 0: not all were.
func allSentAway(rows []record.Request) (code int) {
	if len(rows) == 0 {
		return 0
	}
	for i := range rows {
		if !sentAway(&rows[i]) {
			return 0
		}
	}
	code, _ = strconv.Atoi(rows[0].Status)
	return code
}

// sentAway reports whether a request was answered by being told to go somewhere
// else, or to say who asks. That is a refusal where others are answered meanwhile;
// where nobody is, another service is asked.
func sentAway(r *record.Request) bool {
	return len(r.Status) == 3 && r.Status[0] == '3' || r.Status == "401" || r.Status == "407"
}
