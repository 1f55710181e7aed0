export * from "berth";
