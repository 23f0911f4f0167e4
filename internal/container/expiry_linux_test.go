package container

import "testing"

func TestExpiry(t *testing.T) {
	running := rules{first: 300, keepalive: 1000, linger: 50}
	stopping := rules{first: 300, keepalive: 1000, linger: 50, drain: 500}
	for _, test := range []struct {
		name  string
		rules rules
		state uint32
		since int64
		want  int64
	}{
		{"nothing came yet", running, fresh, 100, 400},
		{"nothing came before the engine stops", stopping, fresh, 500, 550},
		{"idle", running, idle, 100, 1100},
		{"a request runs", running, busy, 100, forever},
		{"answered for the last time", running, lingering, 100, 100 + int64(lingerTime)},
		{"closed already", running, gone, 100, forever},
		{"idle when the engine stops", stopping, idle, 100, 550},
		{"idle since the engine stops", stopping, idle, 600, 650},
		{"stopping does not hurry a request", stopping, busy, 100, forever},
	} {
		if at := test.rules.expiry(test.state, test.since); at != test.want {
			t.Errorf("%s: expires at %d, want %d", test.name, at, test.want)
		}
	}
}
