"""An assistant in a shop on the web."""

from rft_app.services.topic_templates._base import TopicTemplate, branch

SHOPPING = TopicTemplate(
    id="shopping",
    name="E-commerce shopping",
    description="An assistant of an online shop: before, during and after the order.",
    branches=(
        branch(
            "Find a product",
            "Before anything is in the basket.",
            (
                "Search and recommend",
                "Which product fits a wish.",
                "looking for, recommend, suggest, find, gift, best, similar product",
            ),
            (
                "Compare products",
                "What tells two products apart.",
                "compare, difference, versus, better, which one",
            ),
            (
                "Size and fit",
                "Which size, which colour, does it fit.",
                "size, fit, measurement, size chart, too small, too large, colour, color",
            ),
            (
                "Product details",
                "Material, ingredients, compatibility, warranty terms.",
                "material, ingredients, compatible, dimensions, battery, specification, waterproof",
            ),
            (
                "Availability",
                "In stock, again in stock, in a store.",
                "in stock, out of stock, available, restock, back in stock, store",
            ),
        ),
        branch(
            "Order",
            "Placing it and changing it.",
            (
                "Place an order",
                "Basket, checkout, payment methods.",
                "checkout, cart, basket, place order, buy, payment method, pay with",
            ),
            (
                "Change an order",
                "Address, items or quantity of an order.",
                "change order, modify order, add item, wrong address, quantity, edit order",
            ),
            (
                "Cancel an order",
                "Before it is sent.",
                "cancel order, cancel my order, cancellation, stop order",
            ),
            (
                "Discounts and vouchers",
                "Codes, sales, loyalty points.",
                "discount, coupon, promo code, voucher, gift card, points, sale, price match",
            ),
        ),
        branch(
            "Delivery",
            "On its way.",
            (
                "Track a parcel",
                "Where it is, when it comes.",
                "track, tracking, where is my order, delivery date, shipped, parcel, package",
            ),
            (
                "Late or lost",
                "It should be there and is not.",
                "late, delayed, lost, missing, never arrived, not received, not delivered",
            ),
            (
                "Shipping options",
                "Costs, countries, times, pick-up.",
                "shipping cost, delivery fee, express, ship to, international, pick up",
            ),
        ),
        branch(
            "After delivery",
            "When it is there.",
            (
                "Return or exchange",
                "Send it back, get another one.",
                "return, exchange, send back, return label, return policy, wrong size",
            ),
            (
                "Refund status",
                "When the money is back.",
                "refund, money back, refunded, refund status, credit",
            ),
            (
                "Damaged or wrong item",
                "Broken, incomplete, not what was ordered.",
                "damaged, broken, wrong item, defective, missing part, faulty, does not work",
            ),
            (
                "Warranty and repair",
                "It broke later.",
                "warranty, repair, guarantee, replacement, spare part",
            ),
        ),
    ),
)
