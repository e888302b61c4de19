({ username: 'alice_01', email: 'alice@example.com', age: 30 })
