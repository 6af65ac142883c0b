// The official Node SDK of Razorpay reads disputes, refunds and settlements, paged to the end; a task as JSON comes from stdin.
import Razorpay from "razorpay";

const { keys, url, payment, dispute, settlement, at } = JSON.parse(await Bun.stdin.text());
const client = new Razorpay({ key_id: keys.razorpay_key_id, key_secret: keys.razorpay_key_secret });
client.api.rq.defaults.baseURL = url;

async function all(list) {
  const found = [];
  for (;;) {
    const { items } = await list({ skip: found.length });
    if (!items.length) return found;
    found.push(...items);
  }
}

async function refusal(act) {
  try {
    await act();
    return "accepted";
  } catch (error) {
    return `${error.statusCode} ${error.error.code}: ${error.error.description}`;
  }
}

const rows = await all((page) => client.settlements.reports({ ...at, ...page }));
const disputed = await client.disputes.fetch(dispute);
const settled = await client.settlements.fetch(settlement);
console.log(JSON.stringify({
  payments: (await all((page) => client.payments.all(page))).length,
  orders: (await all((page) => client.orders.all(page))).length,
  refunds: (await all((page) => client.payments.fetchMultipleRefund(payment, page))).length,
  allRefunds: (await all((page) => client.refunds.all(page))).length,
  fee: (await client.payments.fetch(payment)).fee,
  disputes: (await client.disputes.all()).items.map((item) => item.id),
  dispute: [disputed.payment_id, disputed.phase, disputed.status, disputed.amount_deducted],
  unknown: await refusal(() => client.disputes.fetch("disp_00000000000000")),
  settlements: (await client.settlements.all()).count,
  settlement: [settled.status, settled.amount],
  rows: rows.map((row) => row.type),
  sum: rows.reduce((sum, row) => sum + row.credit - row.debit, 0),
  small: await refusal(() => client.payments.refund(payment, { amount: 40 })),
}));
