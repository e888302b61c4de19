({
    id: 1,
    name: 'Alice',
    active: true,
    tags: ['admin', 'user'],
    address: { city: 'Paris', zip: '75001' },
})
