package plan

// smallest returns the smallest number from low to high for which something
// holds that holds for every larger one, too; false if it holds for none. It
// begins where the answer is expected and goes away from there in growing steps.
// Above 100 the answer is exact to 1 %: what is nearer is a matter of the seed.
func smallest(low, high, expected int, holds func(int) (bool, error)) (n int, ok bool, err error) {
	no, yes := low-1, high+1 // the largest that is known not to, the smallest that is known to
	at := min(max(expected, low), high)
	step := max(1, at/10)
	for {
		held, err := holds(at)
		if err != nil {
			return 0, false, err
		}
		if held {
			yes = at
		} else {
			no = at
		}
		switch {
		case no >= high:
			return 0, false, nil
		case yes <= high && yes-no <= max(1, yes/100):
			return yes, true, nil
		case yes > high:
			at = min(high, at+step)
			step *= 2
		case no < low:
			at = max(low, at-step)
			step *= 2
		default:
			at = no + (yes-no)/2
		}
	}
}
