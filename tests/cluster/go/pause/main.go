// Command pause holds a pod's namespaces open, and makes and removes the folders of volumes.
//
// Without arguments it waits for SIGTERM, as the first process of every pod. With `-p PATH -a
// create` or `-p PATH -a delete` it is the helper that the volume provisioner runs as a pod.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	path := flag.String("p", "", "the folder of a volume")
	action := flag.String("a", "", "create or delete")
	flag.String("s", "", "its size in bytes; not limited")
	flag.String("m", "", "its mode; always a file system")
	flag.Parse()
	if *path == "" {
		wait()
	} else if err := folder(*path, *action); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func wait() {
	signal.Ignore(syscall.SIGCHLD)
	over := make(chan os.Signal, 1)
	signal.Notify(over, syscall.SIGINT, syscall.SIGTERM)
	<-over
}

func folder(path, action string) error {
	switch action {
	case "create":
		syscall.Umask(0)
		return os.MkdirAll(path, 0o777)
	case "delete":
		return os.RemoveAll(path)
	}
	return fmt.Errorf("-a %s: create or delete was expected", action)
}
