//go:build ignore

// A server that waits, behind limits from well-known modules.
package main

import (
	"log"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/valyala/fasthttp"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
)

func sleep(ms string) {
	d, _ := strconv.Atoi(ms)
	time.Sleep(time.Duration(d) * time.Millisecond)
}

func ok(w http.ResponseWriter, r *http.Request) { w.Write([]byte("ok")) }

func heavy(w http.ResponseWriter, r *http.Request) {
	sleep(r.FormValue("ms"))
	ok(w, r)
}

// paced has requests come one at a time, n a second.
func paced(n int) http.HandlerFunc {
	limiter := rate.NewLimiter(rate.Limit(n), 1)
	return func(w http.ResponseWriter, r *http.Request) {
		if limiter.Wait(r.Context()) == nil {
			heavy(w, r)
		}
	}
}

// together has requests wait for the answer of one that is on its way.
func together() http.HandlerFunc {
	var flights singleflight.Group
	return func(w http.ResponseWriter, r *http.Request) {
		ms := r.FormValue("ms")
		flights.Do(ms, func() (any, error) {
			sleep(ms)
			return nil, nil
		})
		ok(w, r)
	}
}

func main() {
	n, _ := strconv.Atoi(os.Getenv("N"))
	address := "127.0.0.1:" + os.Getenv("PORT")
	http.HandleFunc("/health", ok)
	switch os.Args[1] {
	case "fasthttp":
		s := fasthttp.Server{Concurrency: n, Handler: func(c *fasthttp.RequestCtx) {
			if string(c.Path()) == "/heavy" {
				sleep(string(c.QueryArgs().Peek("ms")))
			}
			c.WriteString("ok")
		}}
		log.Fatal(s.ListenAndServe(address))
	case "throttle":
		http.Handle("/heavy", middleware.Throttle(n)(http.HandlerFunc(heavy)))
	case "rate-wait":
		http.HandleFunc("/heavy", paced(n))
	case "singleflight":
		http.HandleFunc("/heavy", together())
	}
	log.Fatal(http.ListenAndServe(address, nil))
}
