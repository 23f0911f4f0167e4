package calibration

import "math"

// nonNegative returns the x ≥ 0 for which ‖ax − b‖ is least: the active-set method
// of Lawson and Hanson (Solving Least Squares Problems, 1974, chapter 23). What
// nothing depends on is 0.
func nonNegative(a [][]float64, b []float64) []float64 {
	n := len(a[0])
	x := make([]float64, n)
	free := make([]bool, n)
	for range 3 * n {
		// Of those at 0, the one whose growth helps most.
		best, gain := -1, 1e-12
		for j := range n {
			if g := gradient(a, b, x, j); !free[j] && g > gain {
				best, gain = j, g
			}
		}
		if best < 0 {
			break
		}
		free[best] = true
		for {
			z := solve(a, b, free)
			// As far as none becomes negative; who gets to 0 stays there.
			step, blocked := 1.0, -1
			for j := range n {
				if free[j] && z[j] <= 0 && x[j]-z[j] > 0 {
					if s := x[j] / (x[j] - z[j]); s < step {
						step, blocked = s, j
					}
				} else if free[j] && z[j] <= 0 {
					step, blocked = 0, j
				}
			}
			for j := range n {
				x[j] += step * (z[j] - x[j])
			}
			if blocked < 0 {
				break
			}
			free[blocked], x[blocked] = false, 0
		}
	}
	return x
}

// gradient is by how much the sum of squares falls as x[j] grows, halved.
func gradient(a [][]float64, b, x []float64, j int) (g float64) {
	for i := range a {
		r := b[i]
		for k := range x {
			r -= a[i][k] * x[k]
		}
		g += a[i][j] * r
	}
	return g
}

// solve is the unconstrained solution in the free columns, the others 0: normal
// equations by Gauss and Jordan with pivoting.
func solve(a [][]float64, b []float64, free []bool) []float64 {
	n := len(free)
	m := make([][]float64, n)
	for j := range n {
		m[j] = make([]float64, n+1)
		if !free[j] {
			m[j][j] = 1
			continue
		}
		for i := range a {
			for k := range n {
				if free[k] {
					m[j][k] += a[i][j] * a[i][k]
				}
			}
			m[j][n] += a[i][j] * b[i]
		}
	}
	for c := range n {
		pivot := c
		for r := c + 1; r < n; r++ {
			if math.Abs(m[r][c]) > math.Abs(m[pivot][c]) {
				pivot = r
			}
		}
		m[c], m[pivot] = m[pivot], m[c]
		if math.Abs(m[c][c]) < 1e-15 {
			continue // nothing depends on it
		}
		for r := range n {
			if r == c {
				continue
			}
			f := m[r][c] / m[c][c]
			for k := c; k <= n; k++ {
				m[r][k] -= f * m[c][k]
			}
		}
	}
	x := make([]float64, n)
	for j := range n {
		if math.Abs(m[j][j]) >= 1e-15 {
			x[j] = m[j][n] / m[j][j]
		}
	}
	return x
}
