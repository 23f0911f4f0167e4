package model

import "fmt"

// didYouMean returns ", did you mean …?" where a known name is close to the
// one written, and nothing otherwise.
func didYouMean(written string, known []string) string {
	if best := Closest(written, known); best != "" {
		return fmt.Sprintf(" (did you mean %q?)", best)
	}
	return ""
}

// Closest returns the known name that is nearest to what was written, or ""
// if none is near enough to be what was meant.
func Closest(written string, known []string) string {
	best, dist := "", len(written)/3+2
	for _, k := range known {
		if d := editDistance(written, k); d < dist {
			best, dist = k, d
		}
	}
	return best
}

// editDistance is Levenshtein's, over bytes.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diag, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diag+cost)
		}
	}
	return row[len(b)]
}
