// expect: limit  a call with millions of spread arguments
Math.max(...Array(2e7).fill(1))
