// Long and awkward texts for the gallery, with all that Markdown and a diff can contain.

export const answerText = `**Rounding happens once, at the end.** Each line keeps whole cents, so nothing is lost on the way:

1. \`src/money.js:8\` turns prices into cents.
2. \`src/cart.js:21-29\` multiplies and adds them up:
   \`\`\`js
   const cents = items.reduce((sum, item) => sum + item.cents * item.quantity, 0);
   \`\`\`
3. \`public/cart-page.js:40\` formats the sum for people.

| Step | Where | Unit |
|:-----|:------|-----:|
| parse | money.js | cents |
| add | cart.js | cents |
| show | cart-page.js | euro |

> A price with three decimals is refused, see src/money.js:14.

Still open, if you want to go further:

- [x] whole cents in the basket
- [ ] the same for delivery costs
- [ ] VAT per line

More in [the style guide](https://code.example/guide) and ~~the wiki~~.`;

export const hostileText = `<!channel> <!here> <@U0STRANGE1> please approve <!subteam^S0ALLTEAM|@everybody>

[bank.example](https://evil.example/login) and [click here](javascript:alert(1)) and [the docs](https://docs.example/cart)

![diagram](https://evil.example/pixel.png) &lt;!channel&gt; \u202egnp.exe`;

export const diffText = `diff --git a/src/cart.js b/src/cart.js
index 3f1c2aa..9d0e7b1 100644
--- a/src/cart.js
+++ b/src/cart.js
@@ -18,10 +18,14 @@ export function lines(basket) {
 
 /** What the whole basket costs, in cents. */
 export function total(basket) {
-  return lines(basket).reduce((sum, line) => sum + line.product.cents, 0);
+  return lines(basket).reduce((sum, line) => sum + costOf(line), 0);
+}
+
+function costOf(line) {
+  return line.product.cents * line.quantity;
 }
diff --git a/test/total.test.js b/test/total.test.js
index 81aa0c2..c77de10 100644
--- a/test/total.test.js
+++ b/test/total.test.js
@@ -11,3 +11,7 @@ test('an empty basket costs nothing', () => {
   assert.equal(total(basketOf([])), 0);
 });
+
+test('the total counts every item', () => {
+  assert.equal(total(basketOf([['rye', 2]])), 2140);
+});
diff --git a/public/pictures/total.png b/public/pictures/total.png
new file mode 100644
index 0000000..e69de29
Binary files /dev/null and b/public/pictures/total.png differ
`;

/** A diff of several pages. */
export const longDiff = Array.from({ length: 24 }, (_, file) => {
  const lines = Array.from({ length: 90 }, (_line, line) => `+export const value${line} = ${file * line};`);
  return `diff --git a/src/generated/part-${file}.js b/src/generated/part-${file}.js
new file mode 100644
--- /dev/null
+++ b/src/generated/part-${file}.js
@@ -0,0 +1,90 @@
${lines.join('\n')}
`;
}).join('');
