// expect: limit  the digits of a long BigInt again and again
for (;;) (7n ** 20000n).toString()
