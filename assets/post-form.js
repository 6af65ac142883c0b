// The page that leads to Razorpay posts its own form; without JavaScript its button does.
document.getElementById("post-form")?.submit();
