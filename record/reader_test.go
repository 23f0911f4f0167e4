package record

import (
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

const metaLine = `{"kind":"meta","t":0,"format":"plimsoll.record/1"}` + "\n"

func TestCutAnywhereItReadsToTheLastWholeLine(t *testing.T) {
	whole, hash := write(t, everyKind(t)...), ""
	for cut := range len(whole) + 1 {
		part := whole[:cut]
		rows, info, err := read(part)
		if err != nil {
			t.Fatalf("cut after %d bytes: %v", cut, err)
		}
		lines := bytes.Count(part, []byte("\n"))
		if len(rows) != lines || info.Lines != lines {
			t.Fatalf("cut after %d bytes: %d rows and %d lines, want %d", cut, len(rows), info.Lines, lines)
		}
		if torn := cut > 0 && part[cut-1] != '\n'; info.Truncated != torn {
			t.Fatalf("cut after %d bytes: truncated is %t", cut, info.Truncated)
		}
		// What a crash left has the hash of what had been written whole.
		if !info.Truncated {
			hash = info.Hash
		} else if info.Hash != hash {
			t.Fatalf("cut after %d bytes: hash %s, want %s", cut, info.Hash, hash)
		}
	}
}

func TestWhatIsNewerIsSkipped(t *testing.T) {
	rows, info, err := read([]byte(metaLine +
		`{"kind":"spectrum","t":1,"bins":[1,2]}` + "\n" +
		`{"kind":"event","t":2,"name":"n","colour":{"r":1}}` + "\n" +
		`{"kind":"spectrum","t":3}` + "\n"))
	if err != nil || len(rows) != 2 || info.Lines != 4 || info.Unknown["spectrum"] != 2 {
		t.Fatalf("rows %d, info %+v, error %v", len(rows), info, err)
	}
	if e := rows[1].(*Event); e.Name != "n" || e.T != 2 {
		t.Errorf("event %+v", e)
	}
}

func TestAWrongLineIsNamedByItsNumber(t *testing.T) {
	event := `{"kind":"event","t":1,"name":"n"}` + "\n"
	for _, c := range []struct{ name, text, want string }{
		{"not JSON in the middle", metaLine + event + "{\"kind\":\"ev\n" + event, "line 3: "},
		{"not JSON at the end, but a whole line", metaLine + "xyz\n", "line 2: "},
		{"an empty line", metaLine + "\n" + event, "line 2: "},
		{"two rows on a line", metaLine + strings.TrimSpace(event) + event, "line 2: "},
		{"no kind", metaLine + `{"t":1}` + "\n", `line 2: a row without "kind"`},
		{"a field of another type", metaLine + `{"kind":"gauge","t":1,"values":{"a":"b"}}` + "\n", "line 2: gauge: "},
		{"a row that is no object", metaLine + "[1]\n", "line 2: "},
		{"another program's file", "name: black-friday\n", "line 1: this is not a record: "},
		{"rows before meta", event, `line 1: this is not a record: it begins with "event"`},
		{"an unknown kind before meta", `{"kind":"spectrum"}` + "\n", `line 1: this is not a record: it begins with "spectrum"`},
		{"a newer format", strings.Replace(metaLine, "/1", "/2", 1), `line 1: the record has format "plimsoll.record/2"; this program reads "plimsoll.record/1"`},
	} {
		_, info, err := read([]byte(c.text))
		if err == nil || !strings.HasPrefix(err.Error(), "record: "+c.want) {
			t.Errorf("%s: error %v, want record: %s…", c.name, err, c.want)
		}
		if info.Hash == "" {
			t.Errorf("%s: no hash of what came before", c.name)
		}
	}
}

func TestAnErrorOfTheVisitorEndsTheReading(t *testing.T) {
	enough := errors.New("enough")
	n := 0
	info, err := Read(bytes.NewReader(write(t, everyKind(t)...)), func(Row) error {
		if n++; n == 3 {
			return enough
		}
		return nil
	})
	if err != enough || n != 3 || info.Lines != 3 {
		t.Errorf("after %d rows: info %+v, error %v", n, info, err)
	}
}

func TestLongLinesAreReadAndEndlessOnesRefused(t *testing.T) {
	long := strings.Repeat("x", 300<<10) // several of the reader's buffers
	rows, _, err := read(write(t, meta(), Event{Name: long}, Event{Name: "y"}))
	if err != nil || rows[1].(*Event).Name != long || rows[2].(*Event).Name != "y" {
		t.Fatalf("error %v", err)
	}
	_, err = Read(endless{}, func(Row) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "longer than 64 MiB") {
		t.Errorf("error %v", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

func TestOpenSaysWhichFileIsMissing(t *testing.T) {
	_, err := Open(filepath.Join(t.TempDir(), "absent.jsonl"), nil)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "absent.jsonl") {
		t.Errorf("error %v", err)
	}
}

// Whatever the bytes, Read returns; and what it could read, it can write and
// read again to the same bytes.
func FuzzRead(f *testing.F) {
	f.Add(write(f, everyKind(f)...))
	f.Add([]byte(metaLine + `{"kind":"gauge","t":1,"source":"host","values":{"a":1e308}}` + "\n" + `{"kind":"eve`))
	f.Add([]byte(metaLine + `{"kind":"spectrum"}` + "\n\n"))
	f.Add([]byte(metaLine + `{"kind":"verdict","t":-1,"verdict":[1, {"a":null}]}` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, _, err := read(b)
		if err != nil || len(rows) == 0 {
			return
		}
		once := write(t, rows...)
		again, info, err := read(once)
		if err != nil || info.Truncated || len(again) != len(rows) {
			t.Fatalf("%q: rewritten as %q: %d rows, %v", b, once, len(again), err)
		}
		if twice := write(t, again...); !bytes.Equal(once, twice) {
			t.Fatalf("once %q\ntwice %q", once, twice)
		}
	})
}
