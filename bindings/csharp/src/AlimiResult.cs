using System;
using System.Text;

namespace Alimi
{
    /// <summary>What alimi refused. The message says which argument, file or key, what was wrong and what is allowed.</summary>
    public sealed class AlimiException : Exception
    {
        internal AlimiException(int code, string message) : base(message) { Code = (AlimiCode)code; }

        /// <summary>The code, below 0.</summary>
        public AlimiCode Code { get; private set; }
    }

    /// <summary>What alimi answers when it has accepted something.</summary>
    public sealed class AlimiReceipt
    {
        internal AlimiReceipt(int code, string text) { Code = (AlimiCode)code; Text = text; }

        /// <summary>Ok, Duplicate, or Partial of a batch.</summary>
        public AlimiCode Code { get; private set; }
        /// <summary>The key of the message; of a batch its verdicts, a JSON array.</summary>
        public string Text { get; private set; }
        /// <summary>Whether the message, or one of the batch, had been accepted before; it stays one message.</summary>
        public bool IsDuplicate { get { return Code == AlimiCode.Duplicate; } }
    }

    /// <summary>Where a message stands, or how it ended: alimi_result_t of the header. Texts are empty where there is
    /// none.</summary>
    public sealed class AlimiResult
    {
        internal const int Size = 796;

        /// <summary>Delivered and above are final.</summary>
        public AlimiState State { get; private set; }
        /// <summary>The channel it stands at, or ended by.</summary>
        public AlimiChannel Channel { get; private set; }
        /// <summary>Whether it left by that channel.</summary>
        public AlimiCertainty Certainty { get; private set; }
        /// <summary>Requests that carried it, over all channels.</summary>
        public int Attempts { get; private set; }
        /// <summary>Why it ended, or last failed.</summary>
        public AlimiReason Reason { get; private set; }
        /// <summary>The key of the message.</summary>
        public string Key { get; private set; }
        /// <summary>The sending institution, by its name in the configuration.</summary>
        public string Account { get; private set; }
        /// <summary>The gateway, by its name in the configuration.</summary>
        public string Gateway { get; private set; }
        /// <summary>The gateway's name for the message.</summary>
        public string GatewayId { get; private set; }
        /// <summary>The gateway's own code.</summary>
        public string GatewayCode { get; private set; }
        /// <summary>When alimi accepted it, e.g. 2026-12-01T09:00:00.000+09:00.</summary>
        public string Created { get; private set; }
        /// <summary>When the gateway last accepted it.</summary>
        public string Sent { get; private set; }
        /// <summary>When it ended.</summary>
        public string Finished { get; private set; }
        /// <summary>A sentence in English for logs and screens, without personal data.</summary>
        public string Text { get; private set; }

        internal AlimiResult(byte[] bytes, Encoding encoding)
        {
            State = (AlimiState)BitConverter.ToInt32(bytes, 4);
            Channel = (AlimiChannel)BitConverter.ToInt32(bytes, 8);
            Certainty = (AlimiCertainty)BitConverter.ToInt32(bytes, 12);
            Attempts = BitConverter.ToInt32(bytes, 16);
            Reason = (AlimiReason)BitConverter.ToInt32(bytes, 20);
            int at = 24;
            Key = Next(bytes, ref at, 68, encoding);
            Account = Next(bytes, ref at, 128, encoding);
            Gateway = Next(bytes, ref at, 64, encoding);
            GatewayId = Next(bytes, ref at, 128, encoding);
            GatewayCode = Next(bytes, ref at, 32, encoding);
            Created = Next(bytes, ref at, 32, encoding);
            Sent = Next(bytes, ref at, 32, encoding);
            Finished = Next(bytes, ref at, 32, encoding);
            Text = Next(bytes, ref at, 256, encoding);
        }

        /// <summary>An empty structure that tells its size.</summary>
        internal static byte[] Room()
        {
            var bytes = new byte[Size];
            BitConverter.GetBytes(Size).CopyTo(bytes, 0);
            return bytes;
        }

        private static string Next(byte[] bytes, ref int at, int size, Encoding encoding)
        {
            int start = at;
            at += size;
            return encoding.GetString(bytes, start, Array.IndexOf(bytes, (byte)0, start) - start);
        }
    }
}
