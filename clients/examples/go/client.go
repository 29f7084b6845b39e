// An ordinary gRPC client in Go: the same against the service itself, an edge, or a sidecar.
//
// Stubs, once (with protoc-gen-go and protoc-gen-go-grpc on the PATH), in this folder:
//
//	protoc -I../protos --go_out=. --go_opt=Mshop/v1/catalog.proto=example/shop \
//	  --go_opt=module=example --go-grpc_out=. --go-grpc_opt=Mshop/v1/catalog.proto=example/shop \
//	  --go-grpc_opt=module=example shop/v1/catalog.proto
//	go mod init example && go mod tidy
//
// Run: go run . [TARGET [ID]]        (default 127.0.0.1:6440, a sidecar, and product 1)
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"example/shop"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

func main() {
	target, product := "127.0.0.1:6440", "1"
	if len(os.Args) > 1 {
		target = os.Args[1]
	}
	if len(os.Args) > 2 {
		product = os.Args[2]
	}

	connection, err := grpc.Dial(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()

	catalog := shop.NewCatalogClient(connection)
	for i := 0; i < 3; i++ {
		start := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		var header metadata.MD
		answer, err := catalog.GetProduct(ctx, &shop.GetProductRequest{Id: product}, grpc.Header(&header))
		cancel()
		if err != nil {
			log.Fatal(err)
		}

		status := "no cache on the way"
		if values := header.Get("cache-status"); len(values) > 0 {
			status = values[0]
		}
		elapsed := float64(time.Since(start).Microseconds()) / 1000
		fmt.Printf("%s, %d cents, lookup %d, %.1f ms, %s\n", answer.Name, answer.PriceCents, answer.Lookups, elapsed, status)
	}
}
