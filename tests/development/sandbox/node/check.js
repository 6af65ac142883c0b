// The official Node SDKs against the sandbox: reads a task as JSON from stdin, writes what it saw as JSON.
import { v2 as cloudinary } from "cloudinary";
import Razorpay from "razorpay";
import { Resend } from "resend";
import { Webhook } from "standardwebhooks";
import Stripe from "stripe";

const task = JSON.parse(await Bun.stdin.text());
const { keys, urls, signed } = task;

async function refused(act) {
  try {
    await act();
    return "accepted";
  } catch (error) {
    return error?.constructor?.name ?? String(error);
  }
}

async function stripe() {
  const { hostname, port } = new URL(urls.stripe);
  const client = new Stripe(keys.stripe_secret_key, {
    host: hostname, port, protocol: "http", maxNetworkRetries: 0, telemetry: false,
  });
  const session = await client.checkout.sessions.create(
    {
      mode: "payment",
      success_url: "http://localhost:3000/back?session={CHECKOUT_SESSION_ID}",
      line_items: [{ quantity: 1, price_data: {
        currency: "inr", unit_amount: 49_900, product_data: { name: "Ink & paper" } } }],
      metadata: { payment_id: "pay_from_node" },
    },
    { idempotencyKey: "node-1" },
  );
  const again = await client.checkout.sessions.retrieve(session.id, { expand: ["line_items"] });
  const { books } = task;
  const lists = { ...client, sessions: client.checkout.sessions };
  const counted = {};
  for (const [name, filter] of Object.entries(books.lists)) {
    const all = await lists[name].list({ limit: 2, ...filter }).autoPagingToArray({ limit: 1000 });
    counted[name] = all.length;
  }
  const payout = await client.payouts.retrieve(books.payout, { expand: ["balance_transaction"] });
  const items = await client.balanceTransactions.list({ payout: payout.id })
    .autoPagingToArray({ limit: 1000 });
  const dispute = await client.disputes.retrieve(books.dispute);
  const refund = await client.refunds.retrieve(
    books.refund, { expand: ["balance_transaction", "failure_balance_transaction"] });
  const [available] = (await client.balance.retrieve()).available;
  const { body, headers } = signed.stripe;
  const verify = (text) => client.webhooks.constructEventAsync(
    text, headers["stripe-signature"], keys.stripe_webhook_secret);
  return {
    id: session.id,
    amount: again.amount_total,
    item: again.line_items.data[0].description,
    counted,
    payout: [payout.amount, payout.status, payout.balance_transaction.net, items.length],
    dispute: [dispute.status, dispute.balance_transactions.map((item) => item.net)],
    refund: [refund.status, refund.balance_transaction.net, refund.failure_balance_transaction.net],
    balance: [available.currency, available.amount],
    event: (await verify(body)).type,
    changed: await refused(() => verify(body + " ")),
    unknown: await refused(() => client.checkout.sessions.retrieve("cs_test_nothing")),
  };
}

async function razorpay() {
  const client = new Razorpay({ key_id: keys.razorpay_key_id, key_secret: keys.razorpay_key_secret });
  client.api.rq.defaults.baseURL = urls.razorpay;
  const order = await client.orders.create({ amount: 49_900, currency: "INR", receipt: "from-node" });
  const { body, headers } = signed.razorpay;
  const verify = (text) => Razorpay.validateWebhookSignature(
    text, headers["x-razorpay-signature"], keys.razorpay_webhook_secret);
  return {
    id: order.id,
    receipt: (await client.orders.fetch(order.id)).receipt,
    payments: (await client.orders.fetchPayments(order.id)).count,
    event: verify(body),
    changed: verify(body + " "),
  };
}

async function resend() {
  const client = new Resend(keys.resend_api_key, { baseUrl: urls.resend });
  const sent = await client.emails.send({
    from: "School <school@demo.test>", to: "node@demo.test", subject: "From Node", text: "Hello",
  });
  const { body, headers } = signed.resend;
  const id = headers["svix-id"];
  const timestamp = headers["svix-timestamp"];
  const signature = headers["svix-signature"];
  const standard = { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };
  const own = (payload) => client.webhooks.verify({
    payload, headers: { id, timestamp, signature }, webhookSecret: keys.resend_webhook_secret });
  return {
    id: sent.data.id,
    subject: (await client.emails.get(sent.data.id)).data.subject,
    event: own(body).type,
    standard: new Webhook(keys.resend_webhook_secret).verify(body, standard).type,
    changed: await refused(async () => own(body + " ")),
  };
}

async function media() {
  // Cloud, key, secret and address come from CLOUDINARY_URL, which it reads when it is imported.
  const stored = await cloudinary.uploader.upload(task.picture, { public_id: "node/dot" });
  cloudinary.config({ signature_algorithm: "sha256" });
  const { body, headers } = signed.cloudinary;
  const verify = (text) => cloudinary.utils.verifyNotificationSignature(
    text, Number(headers["x-cld-timestamp"]), headers["x-cld-signature"], 7200);
  return {
    id: stored.public_id,
    width: stored.width,
    bytes: (await cloudinary.api.resource("node/dot")).bytes,
    event: verify(body),
    changed: verify(body + " "),
  };
}

console.log(JSON.stringify({
  stripe: await stripe(), razorpay: await razorpay(), resend: await resend(), cloudinary: await media(),
}));
