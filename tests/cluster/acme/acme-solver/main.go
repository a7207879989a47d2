// Command acme-solver answers one HTTP-01 challenge, as cert-manager's pods of that name do.
package main

import (
	"flag"
	"log"

	"github.com/go-logr/logr"

	"github.com/cert-manager/cert-manager/pkg/issuer/acme/http/solver"
)

func main() {
	answer := solver.HTTP01Solver{}
	flag.IntVar(&answer.ListenPort, "listen-port", 8089, "where to listen")
	flag.StringVar(&answer.Domain, "domain", "", "the name that is proved")
	flag.StringVar(&answer.Token, "token", "", "the challenge's token")
	flag.StringVar(&answer.Key, "key", "", "the challenge's answer")
	flag.Parse()
	log.Fatal(answer.Listen(logr.Discard()))
}
