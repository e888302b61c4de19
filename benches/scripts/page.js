(e) => {
    const slug = (text) => text.toLowerCase().split(' ').join('-')
    const order = {
        id: 'a1',
        title: 'A Red Box',
        items: [
            { name: 'box', price: 9.5, count: 2 },
            { name: 'lid', price: 1.25, count: 4 },
        ],
    }
    let total = 0
    for (const item of order.items) {
        if (item.count < 0) {
            throw new Error('an item cannot be there less than not at all')
        }
        total += item.price * item.count
    }
    const rules = [
        [order.title.length > 100, 'the title is too long'],
        [order.items.length === 0, 'there is nothing to send'],
        [total > 1000, 'this is too much for one order'],
    ]
    for (const [isBroken, message] of rules) {
        if (isBroken) throw new Error(message)
    }
    return slug(order.title) === 'a-red-box' ? total + e : -1
}
