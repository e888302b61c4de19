// expect: ok  a BigInt shifted far
(1n << 1000000n) > 0n
