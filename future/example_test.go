package future_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/plimsoll-dev/plimsoll/future"
)

func Example() {
	stock, price := future.NewPromise[int](nil), future.NewPromise[int](nil)
	page := future.Map(future.All(stock.Future(), price.Future()), func(v []int) (string, error) {
		return fmt.Sprintf("%d in stock, %d € each", v[0], v[1]), nil
	}).Timeout(time.Second).Recover(func(error) (string, error) {
		return "please come back later", nil
	})
	page.Finally(func(text string, _ error) { fmt.Println(text) })

	// As the answers arrive, somewhere else:
	price.Complete(12, nil)
	stock.Complete(3, nil)
	// Output: 3 in stock, 12 € each
}

func ExampleAny() {
	near, far := future.NewPromise[string](nil), future.NewPromise[string](nil)
	far.OnCancel(func() { fmt.Println("the other one need not go on") })
	first := future.Any(near.Future(), far.Future())
	first.Finally(func(v string, err error) { fmt.Println(v, err) })
	near.Complete("near", nil)
	far.Complete("", errors.New("too late to matter"))
	// Output:
	// near <nil>
	// the other one need not go on
}
