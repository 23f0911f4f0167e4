package plan

import (
	"errors"
	"testing"
)

func TestSmallestFindsEveryAnswerFromEveryExpectation(t *testing.T) {
	for _, high := range []int{1, 2, 7, 60} {
		for answer := 1; answer <= high+1; answer++ {
			for expected := 0; expected <= high+1; expected++ {
				tries := 0
				n, ok, err := smallest(1, high, expected, func(n int) (bool, error) { tries++; return n >= answer, nil })
				if err != nil || ok != (answer <= high) || ok && n != answer {
					t.Fatalf("of 1 … %d from %d, the answer being %d: %d, %v, %v", high, expected, answer, n, ok, err)
				}
				if tries > 14 {
					t.Errorf("of 1 … %d from %d, the answer being %d: %d tries", high, expected, answer, tries)
				}
			}
		}
	}
}

func TestSmallestIsExactToAHundredthWhereNumbersAreLarge(t *testing.T) {
	for _, answer := range []int{250, 9_999, 1_000_000} {
		for _, expected := range []int{1, 200, answer, 2 * answer} {
			n, ok, err := smallest(1, 1<<21, expected, func(n int) (bool, error) { return n >= answer, nil })
			if err != nil || !ok || n < answer || n > answer+answer/99 {
				t.Errorf("from %d, the answer being %d: %d, %v, %v", expected, answer, n, ok, err)
			}
		}
	}
}

func TestSmallestEndsWithTheFirstError(t *testing.T) {
	broken := errors.New("broken")
	tries := 0
	if _, _, err := smallest(1, 100, 50, func(int) (bool, error) { tries++; return false, broken }); !errors.Is(err, broken) || tries != 1 {
		t.Errorf("%v after %d tries", err, tries)
	}
}
