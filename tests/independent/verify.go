// Verifies a published ledger with Go's own packages: the checkpoint's signature, the tiles under its root, the place of
// leaves, and that the tree goes on from a smaller one. Arguments: folder, verifier key, leaves to look at, "size:root".
package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"independent/note"
	"independent/tlog"
)

type files struct{ folder string }

func (f files) Height() int { return 8 }

func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		// Go's paths name the height first; those of tlog-tiles, which has only one, do not
		path := "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
		data, err := os.ReadFile(filepath.Join(f.folder, path))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func (f files) SaveTiles([]tlog.Tile, [][]byte) {}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	folder, key := os.Args[1], os.Args[2]
	looks, err := strconv.ParseInt(os.Args[3], 10, 64)
	must(err)
	verifier, err := note.NewVerifier(key)
	must(err)
	data, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	must(err)
	signed, err := note.Open(data, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(signed.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(lines[2])
	must(err)
	tree := tlog.Tree{N: size, Hash: root}
	hashes := tlog.TileHashReader(tree, files{folder})
	for look := int64(0); look < looks; look++ {
		index := look * (size - 1) / max(looks-1, 1)
		leaf := sha256.Sum256([]byte(strconv.FormatInt(index, 10)))
		proof, err := tlog.ProveRecord(size, index, hashes)
		must(err)
		must(tlog.CheckRecord(proof, size, root, index, tlog.RecordHash(leaf[:])))
	}
	for _, older := range os.Args[4:] {
		count, encoded, _ := strings.Cut(older, ":")
		old, err := strconv.ParseInt(count, 10, 64)
		must(err)
		raw, err := base64.StdEncoding.DecodeString(encoded)
		must(err)
		var hash tlog.Hash
		copy(hash[:], raw)
		proof, err := tlog.ProveTree(size, old, hashes)
		must(err)
		must(tlog.CheckTree(proof, size, root, old, hash))
	}
	fmt.Println(signed.Sigs[0].Name, size, looks, len(os.Args)-4)
}
