package pgpool

import (
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// Formats of the protocol.
const (
	textFormat   = 0
	binaryFormat = 1
)

// encode returns the arguments as the protocol has them.
func encode(args []any) (values [][]byte, formats []int16, err error) {
	values, formats = make([][]byte, len(args)), make([]int16, len(args))
	for i, arg := range args {
		if values[i], formats[i], err = encodeOne(arg); err != nil {
			return nil, nil, fmt.Errorf("argument $%d: %w", i+1, err)
		}
	}
	return values, formats, nil
}

func encodeOne(arg any) (value []byte, format int16, err error) {
	switch v := arg.(type) {
	case nil:
		return nil, textFormat, nil
	case []byte:
		return v, binaryFormat, nil // nil is null
	case time.Time:
		return v.AppendFormat(nil, "2006-01-02 15:04:05.999999999Z07:00:00"), textFormat, nil
	}
	v := reflect.ValueOf(arg)
	switch v.Kind() {
	case reflect.String:
		return []byte(v.String()), textFormat, nil
	case reflect.Bool:
		return strconv.AppendBool(nil, v.Bool()), textFormat, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(nil, v.Int(), 10), textFormat, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.AppendUint(nil, v.Uint(), 10), textFormat, nil
	case reflect.Float32, reflect.Float64:
		return strconv.AppendFloat(nil, v.Float(), 'g', -1, v.Type().Bits()), textFormat, nil
	}
	return nil, 0, fmt.Errorf("%T cannot be sent; write a string in PostgreSQL's text format, such as {1,2,3} for an array", arg)
}
