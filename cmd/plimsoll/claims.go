package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/internal/report/page"
	"github.com/plimsoll-dev/plimsoll/record"
)

// claimsReader derives what became of claims.
type claimsReader struct{ suite analysis.Suite }

func (c *claimsReader) add(row record.Row) error { return c.suite.Add(row, parseWorkload) }

func (c *claimsReader) result(info record.Info) result {
	c.suite.Hash = info.Hash
	c.suite.End()
	return &claimed{analysis.DeriveSuite(&c.suite), &c.suite}
}

// claimed is the result of a suite of claims.
type claimed struct {
	verdict *analysis.SuiteVerdict
	suite   *analysis.Suite
}

func (c *claimed) table(w io.Writer) error { return report.Claims(w, c.verdict) }
func (c *claimed) digest() any             { return c.verdict }
func (c *claimed) page(w io.Writer) error  { return page.Claims(w, c.verdict, c.suite) }

// outcome is void if one claim's is. One that is not borne out is a finding, and
// no failure.
func (c *claimed) outcome() error {
	var void []string
	for _, v := range c.verdict.Claims {
		if v.Outcome == analysis.Void {
			void = append(void, v.Name+": "+v.Reason)
		}
	}
	if len(void) > 0 {
		return voidErr(fmt.Errorf("claims that could not be told:\n  %s", strings.Join(void, "\n  ")))
	}
	return nil
}
