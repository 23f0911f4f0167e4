package main

import (
	"fmt"
)

type reportCmd struct {
	File string `arg:"" type:"path" help:"A record."`
	JSON string `name:"json" placeholder:"FILE" help:"Write the verdict as JSON; - for standard output, with nothing else there."`
}

func (reportCmd) Help() string {
	return `Derives the verdict from the record alone, and prints the same table that the run printed. A record that is still being written, or whose run was interrupted, gives what is known so far.

Examples:
  plimsoll report plimsoll-black-friday-20260102-150405.jsonl
  plimsoll report run.jsonl --json - | jq '.engines[].load_line'`
}

func (c *reportCmd) Run(s streams) error {
	v, err := readVerdict(c.File)
	if err != nil {
		return usageErr(fmt.Errorf("report: %w", err))
	}
	if err := show(v, c.JSON, s.out); err != nil {
		return err
	}
	return outcome(v)
}
