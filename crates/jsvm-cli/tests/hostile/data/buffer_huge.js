// expect: limit  one buffer larger than there may be
new ArrayBuffer(2 ** 40)
