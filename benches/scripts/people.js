Array.from({ length: 100 }, (_, i) => ({
    id: i,
    name: 'Person ' + ((i * 37) % 100),
    age: 18 + ((i * 7) % 50),
    active: i % 3 !== 0,
    score: ((i * 31) % 97) + 0.5,
}))
