package record

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxLine bounds the memory that a file which is no record can make Read use.
// The longest real line is a verdict, well under a megabyte.
const maxLine = 64 << 20

// Info is what Read learned about the record as a whole.
type Info struct {
	Lines     int            // whole lines
	Unknown   map[string]int // of them, skipped because a newer version wrote their kind; nil: none
	Truncated bool           // the last line had no end: the writer is at work, or was killed
	Hash      string         // as [Writer.Hash]
}

// Read calls visit with every row of a record, in order; each is a pointer to
// one of this package's structs, and visit may keep it. Kinds and fields that
// this version does not know are skipped. A last line without its newline is
// not read, and is no error: [Info] says so. A record without a whole line has
// no rows, and no error either.
//
// Read stops at a line that is wrong, with an error that has its number, and at
// an error of visit, which it returns as it is. Info is about what came before.
func Read(r io.Reader, visit func(Row) error) (Info, error) {
	var info Info
	br := bufio.NewReaderSize(r, 64<<10)
	sum, sealed := sha256.New(), false
	for {
		line, err := readLine(br)
		if err != nil {
			info.Truncated = len(line) > 0
			info.Hash = digestText(sum)
			if errors.Is(err, io.EOF) {
				return info, nil
			}
			return info, fmt.Errorf("record: line %d: %w", info.Lines+1, err)
		}
		row, kind, err := parse(line, info.Lines == 0)
		if err != nil {
			info.Hash = digestText(sum)
			return info, fmt.Errorf("record: line %d: %w", info.Lines+1, err)
		}
		info.Lines++
		if sealed = sealed || kind == "verdict"; !sealed {
			sum.Write(line)
		}
		if row == nil {
			if info.Unknown == nil {
				info.Unknown = map[string]int{}
			}
			info.Unknown[kind]++
			continue
		}
		if err := visit(row); err != nil {
			info.Hash = digestText(sum)
			return info, err
		}
	}
}

// Open reads the record in a file, as [Read] does.
func Open(path string, visit func(Row) error) (Info, error) {
	f, err := os.Open(path)
	if err != nil {
		return Info{}, fmt.Errorf("record: %w", err)
	}
	defer f.Close()
	return Read(f, visit)
}

// readLine returns the next line with its newline. With an error it returns
// what there was of the line. The bytes are good until the next call.
func readLine(br *bufio.Reader) ([]byte, error) {
	line, err := br.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	long := append([]byte(nil), line...)
	for errors.Is(err, bufio.ErrBufferFull) {
		line, err = br.ReadSlice('\n')
		if long = append(long, line...); len(long) > maxLine {
			return nil, fmt.Errorf("longer than %d MiB; this is not a record", maxLine>>20)
		}
	}
	return long, err
}

// parse returns the row in a line, or nil for a kind it does not know.
func parse(line []byte, first bool) (Row, string, error) {
	var head struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		if first {
			return nil, "", fmt.Errorf("this is not a record: %w", err)
		}
		return nil, "", err
	}
	switch {
	case head.Kind == "":
		return nil, "", errors.New(`a row without "kind"`)
	case first && head.Kind != "meta":
		return nil, "", fmt.Errorf("this is not a record: it begins with %q, not with meta", head.Kind)
	}
	newRow := registry[head.Kind]
	if newRow == nil {
		return nil, head.Kind, nil
	}
	row := newRow()
	if err := json.Unmarshal(line, row); err != nil {
		return nil, "", fmt.Errorf("%s: %w", head.Kind, err)
	}
	if m, ok := row.(*Meta); ok && m.Format != Format {
		return nil, "", fmt.Errorf("the record has format %q; this program reads %q", m.Format, Format)
	}
	return row, head.Kind, nil
}
