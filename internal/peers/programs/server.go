//go:build ignore

// A server on net/http, with the limits that people put around one.
package main

import (
	"crypto/sha256"
	"flag"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

func wait(w http.ResponseWriter, r *http.Request) {
	time.Sleep(asked(r))
	w.Write([]byte("ok"))
}

// asked is how long a request is to take.
func asked(r *http.Request) time.Duration {
	ms, _ := strconv.Atoi(r.FormValue("ms"))
	return time.Duration(ms) * time.Millisecond
}

// compute takes several of the scheduler's slices of 10 ms: what is shorter runs
// to its end, and one processor then serves in turn as a loop does.
func compute(w http.ResponseWriter, r *http.Request) {
	var sum [32]byte
	for range 600_000 {
		sum = sha256.Sum256(sum[:])
	}
	w.Write(sum[:1])
}

// semaphore lets n in at a time; the others wait.
func semaphore(n int, next http.HandlerFunc) http.HandlerFunc {
	slots := make(chan struct{}, n)
	return func(w http.ResponseWriter, r *http.Request) {
		slots <- struct{}{}
		defer func() { <-slots }()
		next(w, r)
	}
}

// lateSlot waits for a quarter of the time before it takes one of n slots, for the
// rest, as who calls another service before the database.
func lateSlot(n int) http.HandlerFunc {
	slots := make(chan struct{}, n)
	return func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(asked(r) / 4)
		slots <- struct{}{}
		time.Sleep(asked(r) * 3 / 4)
		<-slots
		w.Write([]byte("ok"))
	}
}

// shed lets n in at a time; the others are told to come again.
func shed(n int, next http.HandlerFunc) http.HandlerFunc {
	slots := make(chan struct{}, n)
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			next(w, r)
		default:
			w.Header().Set("Retry-After", "1")
			http.Error(w, "busy", http.StatusServiceUnavailable)
		}
	}
}

// bucket lets n through a second, and a second's worth at once.
func bucket(n int, next http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	tokens, last := float64(n), time.Now()
	take := func() bool {
		mu.Lock()
		defer mu.Unlock()
		now := time.Now()
		tokens = min(float64(n), tokens+now.Sub(last).Seconds()*float64(n))
		last = now
		if tokens < 1 {
			return false
		}
		tokens--
		return true
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if !take() {
			http.Error(w, "slow down", http.StatusTooManyRequests)
			return
		}
		next(w, r)
	}
}

// limited accepts n connections at a time, as netutil.LimitListener does.
type limited struct {
	net.Listener
	slots chan struct{}
}

func (l *limited) Accept() (net.Conn, error) {
	l.slots <- struct{}{}
	c, err := l.Listener.Accept()
	if err != nil {
		log.Fatal(err)
	}
	return &counted{Conn: c, release: sync.OnceFunc(func() { <-l.slots })}, nil
}

type counted struct {
	net.Conn
	release func()
}

func (c *counted) Close() error {
	defer c.release()
	return c.Conn.Close()
}

func main() {
	connections := flag.Bool("limit-listener", false, "accept $N connections at a time")
	flag.Parse()
	n, _ := strconv.Atoi(os.Getenv("N"))
	ln, err := net.Listen("tcp", "127.0.0.1:"+flag.Arg(0))
	if err != nil {
		log.Fatal(err)
	}
	if *connections {
		ln = &limited{ln, make(chan struct{}, n)}
	}
	http.HandleFunc("/await", wait)
	http.HandleFunc("/semaphore", semaphore(n, wait))
	http.HandleFunc("/late-slot", lateSlot(n))
	http.HandleFunc("/shed", shed(n, wait))
	http.HandleFunc("/queue", shed(2*n, semaphore(n, wait)))
	http.HandleFunc("/bucket", bucket(n, wait))
	http.HandleFunc("/compute", compute)
	http.HandleFunc("/wait-compute", func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(asked(r))
		compute(w, r)
	})
	http.HandleFunc("/health", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("ok")) })
	log.Fatal(http.Serve(ln, nil))
}
