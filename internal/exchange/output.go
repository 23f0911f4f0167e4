package exchange

import (
	"net/http"
	"strconv"
	"unsafe"
)

// bytesOf views p as bytes, which nobody writes to.
func bytesOf[T []byte | string](p T) []byte {
	switch p := any(p).(type) {
	case []byte:
		return p
	case string:
		return unsafe.Slice(unsafe.StringData(p), len(p))
	}
	return nil
}

// emit frames data, which is not empty.
func (w *response) emit(data []byte) {
	switch {
	case w.head:
	case w.chunked:
		w.b.out = strconv.AppendInt(w.b.out, int64(len(data)), 16)
		w.b.out = append(w.b.out, "\r\n"...)
		w.put(data)
		w.b.out = append(w.b.out, "\r\n"...)
	default:
		w.put(data)
	}
}

// put appends data to out, and writes out whenever it is full.
func (w *response) put(data []byte) {
	for len(w.b.out)+len(data) > outSize && w.err == nil {
		if len(w.b.out) == 0 {
			w.send(data)
			return
		}
		n := min(len(data), max(0, outSize-len(w.b.out)))
		w.b.out = append(w.b.out, data[:n]...)
		data = data[n:]
		w.flush()
	}
	if w.err == nil {
		w.b.out = append(w.b.out, data...)
	}
}

// flush writes out.
func (w *response) flush() {
	if len(w.b.out) > 0 {
		w.send(w.b.out)
	}
	w.b.out = w.b.out[:0]
}

func (w *response) send(p []byte) {
	if w.err == nil {
		w.sent = w.committed
		w.err = w.c.write(p)
	}
}

// finish ends the response after the handler has returned.
func (w *response) finish() {
	w.finishing = true
	if w.status == 0 {
		w.WriteHeader(w.defaultStatus())
	}
	w.unstage()
	w.commit(nil)
	if w.chunked {
		w.endChunks()
	}
	w.flush()
}

// defaultStatus is what a handler that returned without a word has answered:
// 200, unless it was told by the request body that the request is no good.
func (w *response) defaultStatus() int {
	if w.body != nil {
		if failed := w.body.failed.Load(); failed != 0 {
			return int(failed)
		}
	}
	return http.StatusOK
}
