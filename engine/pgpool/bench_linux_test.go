package pgpool_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/pgpool"
	"github.com/plimsoll-dev/plimsoll/engine/pgpool/pgtest"
)

// throughput returns how many queries a second so many tasks get answered, and
// the share of them that the server refuses for want of a connection.
func throughput(b *testing.B, o pgpool.Options, tasks int, d time.Duration) (rate, refused float64) {
	p := pool(b, o)
	var done, full atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for range tasks {
		wg.Go(func() {
			t := engine.TaskOf(context.Background())
			for time.Since(began) < d {
				_, err := p.Query(t, context.Background(), "select 1")
				switch {
				case err == nil:
					done.Add(1)
				case errors.Is(err, pgpool.ErrTooManyConnections):
					full.Add(1)
				default:
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return float64(done.Load()) / time.Since(began).Seconds(), float64(full.Load()) / float64(max(1, done.Load()+full.Load()))
}

// BenchmarkPooledAgainstPerRequest has tasks ask the same server, through a
// pool and with a connection for each query, in turns. Eight tasks at once can
// be refused by a server that takes 27: a session's process outlives its
// connection by a moment.
func BenchmarkPooledAgainstPerRequest(b *testing.B) {
	const turns, d = 3, time.Second
	for _, tasks := range []int{1, 8} {
		b.Run(fmt.Sprintf("tasks=%d", tasks), func(b *testing.B) {
			for b.Loop() {
				var pooled, perRequest, refused float64
				for range turns {
					rate, _ := throughput(b, pgpool.Options{Size: tasks}, tasks, d)
					pooled += rate / turns
					rate, full := throughput(b, pgpool.Options{PerRequest: true}, tasks, d)
					perRequest += rate / turns
					refused += full / turns
				}
				b.ReportMetric(pooled, "pooled-queries/s")
				b.ReportMetric(perRequest, "per-request-queries/s")
				b.ReportMetric(pooled/perRequest, "ratio")
				b.ReportMetric(100*refused, "refused-%")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkAgainstPgconn has one task ask one question after the other, through
// the pool and on a bare pgconn connection, in turns.
func BenchmarkAgainstPgconn(b *testing.B) {
	const turns, queries = 20, 200
	p := pool(b, pgpool.Options{Size: 1})
	bare, err := pgconn.Connect(b.Context(), pgtest.Start(b).ConnString("app", "bare"))
	if err != nil {
		b.Fatal(err)
	}
	defer bare.Close(context.Background())
	t, ctx, seven := engine.TaskOf(context.Background()), context.Background(), [][]byte{[]byte("7")}
	for b.Loop() {
		var ours, peer time.Duration
		for range turns {
			began := time.Now()
			for range queries {
				if _, err := p.Query(t, ctx, "select $1::int", 7); err != nil {
					b.Fatal(err)
				}
			}
			ours += time.Since(began)
			began = time.Now()
			for range queries {
				if res := bare.ExecParams(ctx, "select $1::int", seven, nil, nil, nil).Read(); res.Err != nil {
					b.Fatal(res.Err)
				}
			}
			peer += time.Since(began)
		}
		b.ReportMetric(float64(ours.Nanoseconds())/turns/queries, "ns/query")
		b.ReportMetric(float64(peer.Nanoseconds())/turns/queries, "pgconn-ns/query")
		b.ReportMetric(float64(ours)/float64(peer), "ratio")
	}
	b.ReportMetric(0, "ns/op")
}
