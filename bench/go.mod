module github.com/plimsoll-dev/plimsoll/bench

go 1.26.0

replace github.com/plimsoll-dev/plimsoll => ../

require (
	github.com/panjf2000/gnet/v2 v2.9.4
	github.com/plimsoll-dev/plimsoll v0.0.0
	github.com/valyala/fasthttp v1.68.0
)

require (
	github.com/HdrHistogram/hdrhistogram-go v1.4.0 // indirect
	github.com/andybalholm/brotli v1.2.0 // indirect
	github.com/klauspost/compress v1.18.1 // indirect
	github.com/panjf2000/ants/v2 v2.11.3 // indirect
	github.com/valyala/bytebufferpool v1.0.0 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	go.uber.org/zap v1.27.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	gopkg.in/natefinch/lumberjack.v2 v2.2.1 // indirect
)
