// expect: limit  a BigInt that squares itself, no loop
let n = 3n
n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; n *= n; 
n > 0n
