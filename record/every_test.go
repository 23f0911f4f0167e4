package record

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"
)

// everyKind returns a row of every kind in the registry with no field at its
// zero value, meta first and verdict last.
func everyKind(t testing.TB) []Row {
	kinds := slices.Sorted(maps.Keys(registry))
	slices.SortStableFunc(kinds, func(a, b string) int { return rank(a) - rank(b) })
	var rows []Row
	for i, kind := range kinds {
		row := registry[kind]()
		if row.Kind() != kind {
			t.Fatalf("the registry makes a %s for %q", row.Kind(), kind)
		}
		fill(t, reflect.ValueOf(row).Elem(), i+1)
		if m, ok := row.(*Meta); ok {
			m.Format = Format
		}
		rows = append(rows, row)
	}
	return rows
}

func rank(kind string) int {
	return map[string]int{"meta": -1, "verdict": 1}[kind]
}

func fill(t testing.TB, v reflect.Value, n int) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, n, time.UTC)))
		return
	case json.RawMessage:
		v.SetBytes([]byte(`{"low":960,"wall":null}`))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("<a & \"b\">\n\u2028" + string(rune('a'+n%26)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt(int64(n))
	case reflect.Uint64, reflect.Uint32, reflect.Uint:
		v.SetUint(uint64(n))
	case reflect.Float64:
		v.SetFloat(float64(n) + 0.1)
	case reflect.Interface:
		v.Set(reflect.ValueOf("any"))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0), n)
		fill(t, v.Index(1), n+1)
	case reflect.Map:
		elem := reflect.New(v.Type().Elem()).Elem()
		fill(t, elem, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key").Convert(v.Type().Key()), elem)
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i), n+i)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), n+i+1)
		}
	default:
		t.Fatalf("no value to try for a %s", v.Type())
	}
}
